-- Ends the sessions of a subject, some looked at at a time: says where to go on, and which ended.
local subject, reason, clients, from, many = arg(), arg(), list(), arg(), arg()
local page = redis.call('SSCAN', user(subject), from, 'COUNT', many)
local ended = {}
for _, id in ipairs(page[2]) do
  local session = session_of(subject, id, clients)
  if session then
    ended[#ended + 1] = values(id, session)
    finish(id, session, reason)
  end
end
return { page[1], ended }
