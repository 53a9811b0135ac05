-- Ends the leases of a node that is gone: what it was renewing is due now, for anybody, also for those whose clocks are behind.
local instance, now = arg(), arg()
local ENDED = '1'
local held = key('held', instance)
local freed = {}
for _, id in ipairs(redis.call('SMEMBERS', held)) do
  local session = read(id)
  if session and held_by(session.owner) == held then
    redis.call('HDEL', record(id), 'owner')
    redis.call('HSET', record(id), 'lease', ENDED, 'due', now)
    redis.call('ZADD', key('due', session.client), now, id)
    freed[#freed + 1] = id
  end
end
redis.call('DEL', held)
return freed
