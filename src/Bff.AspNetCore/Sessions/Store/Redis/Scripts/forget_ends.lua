-- Forgets why sessions ended that may be forgotten at this time, some of them.
local time, many = arg(), arg()
local ids = redis.call('ZRANGEBYSCORE', key('ends'), '-inf', time, 'LIMIT', 0, many)
for _, id in ipairs(ids) do
  redis.call('ZREM', key('ends'), id)
  redis.call('HDEL', key('why'), id)
end
return #ids
