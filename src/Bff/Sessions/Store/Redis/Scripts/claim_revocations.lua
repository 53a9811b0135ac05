-- Takes what is due to be revoked; what a living session of its user holds back is looked at again later, and is no attempt.
local client, now, lease, again, forget, owner, take = arg(), arg(), arg(), arg(), arg(), arg(), tonumber(arg())
local MAX_LOOKED_AT = 500
local due = key('vdue', client)
local claimed = {}

local function is_held_back(subject)
  for _, one in ipairs(of_subject(subject, { client })) do
    if later(one.session.ends, now) then return true end
  end
  return false
end

for _ = 1, MAX_LOOKED_AT do
  local id = #claimed < take and redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, 1)[1]
  if not id then break end
  local name = key('v', id)
  local it = redis.pcall('HMGET', name, 'session', 'subject', 'tok', 'attempts', 'forget')
  if it.err or not (it[1] and it[3]) then
    redis.call('ZREM', due, id)
    redis.call('DEL', name)
  elseif it[2] and is_held_back(it[2]) then
    redis.call('HDEL', name, 'owner')
    redis.call('ZADD', due, again, id)
    redis.call('PEXPIRE', name, REVOCATION_TTL)
  else
    local attempts = redis.call('HINCRBY', name, 'attempts', 1)
    redis.call('HSET', name, 'owner', owner)
    if not it[5] then
      redis.call('HSET', name, 'forget', forget)
      it[5] = forget
    end
    redis.call('ZADD', due, lease, id)
    redis.call('PEXPIRE', name, REVOCATION_TTL)
    claimed[#claimed + 1] = { id, it[1], it[3], attempts, it[5] }
  end
end
return claimed
