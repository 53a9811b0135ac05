-- Takes due sessions of a client, the earliest first, and says when the earliest of the rest is due; with them what nobody here can read: who asks ends it, and says so.
local client, now, owner, lease, take = arg(), arg(), arg(), arg(), tonumber(arg())
local MAX_ROUNDS = 10
local due = key('due', client)
local claimed = {}
for _ = 1, MAX_ROUNDS do
  local ids = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, take - #claimed)
  for _, id in ipairs(ids) do
    local session = read(id)
    if not session then
      unindex(id, client)
      if redis.call('EXISTS', record(id)) == 1 then claimed[#claimed + 1] = { id } end
    elseif session.client ~= client then unindex(id, client)
    elseif not later(session.ends, now) or not session.due then redis.call('ZREM', due, id)
    elseif is_leased(session, now) or later(session.due, now) then redis.call('ZADD', due, is_leased(session, now) and session.lease or session.due, id)
    else claimed[#claimed + 1] = claim(id, session, owner, lease) end
  end
  if #ids == 0 or #claimed >= take then break end
end
return { claimed, redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2] or false }
