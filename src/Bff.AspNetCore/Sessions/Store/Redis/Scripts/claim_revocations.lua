-- Takes what is due to be revoked, and says when the earliest of the rest is due; what a living session of its user holds back is looked at again later, and is no attempt.
local client, now, lease, again, forget, owner, take = arg(), arg(), arg(), arg(), arg(), arg(), tonumber(arg())
local MAX_LOOKED_AT = 100
local due = key('vdue', client)
local claimed = {}

-- A subject may have many sessions and many tokens that wait for them: each is asked for once, no further than to its first living session, and of that
-- only what says so.
local holds_back = {}

local function lives(subject)
  for _, one in ipairs(redis.call('SMEMBERS', user(subject))) do
    local session = redis.pcall('HMGET', record(one), 'v', 'sub', 'client', 'ends')
    if not session.err and session[1] and string.match(session[1], '^%d+') == MAJOR and session[2] == subject and session[3] == client
      and tonumber(session[4] or '') and later(session[4], now) then
      return true
    end
  end
  return false
end

local function is_held_back(subject)
  if holds_back[subject] == nil then holds_back[subject] = lives(subject) end
  return holds_back[subject]
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
return { claimed, redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2] or false }
