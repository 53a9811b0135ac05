-- Living sessions of a subject, as their user sees them: the one that asks, and the newest.
local subject, asking, now, clients, most = arg(), arg(), arg(), list(), tonumber(arg())
local living = {}
for _, id in ipairs(redis.call('SMEMBERS', user(subject))) do
  local session = glance(id)
  if session and session.sub == subject and contains(clients, session.client) and later(session.ends, now) then
    session.id = id
    living[#living + 1] = session
  end
end

table.sort(living, function(a, b)
  if (a.id == asking) ~= (b.id == asking) then return a.id == asking end
  return tonumber(a.created) > tonumber(b.created)
end)

local found = {}
for i = 1, math.min(#living, most) do
  local one = living[i]
  local claims = redis.call('HGET', record(one.id), 'claims')
  found[i] = { one.id, one.fe or '', one.created, one.ends, one.abs, claims or '' }
end
return found
