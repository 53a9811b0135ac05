-- Ends the sessions of a client whose tokens this key sealed, some looked at at a time: a sealed text begins with four bytes that are always the same, and the
-- id of its key.
local client, seal, reason, from, many = arg(), arg(), arg(), arg(), arg()
local page = redis.call('ZSCAN', key('end', client), from, 'COUNT', many)
local ended = {}
for i = 1, #page[2], 2 do
  local session = read(page[2][i])
  if session and session.client == client and session.tok and string.sub(session.tok, 5, 20) == seal then
    ended[#ended + 1] = finish(page[2][i], session, reason)
  end
end
return { page[1], ended }
