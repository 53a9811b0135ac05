-- Living sessions, newest first, some looked at at a time: says where to go on, and which. One goes on with the time of the last one looked at, past so many
-- of the same time: sessions that end meanwhile move nothing. Those of one time come in the order in which they are listed.
local client, now, newest, handle = arg(), arg(), arg(), given()
local from, past, many, take = given(), tonumber(arg()), tonumber(arg()), tonumber(arg())
local page = redis.call('ZREVRANGEBYSCORE', key('new', client), from or newest, '-inf', 'WITHSCORES', 'LIMIT', past, many)
local hits = {}
local seen = 0
for i = 1, #page, 2 do
  local id, created = page[i], page[i + 1]
  seen = seen + 1
  past = created == from and past + 1 or 1
  from = created
  local is_before = handle and tonumber(created) == tonumber(newest) and not before(string.sub(id, 1, #handle), handle)
  local session = not is_before and glance(id)
  if session and later(session.ends, now) and is_searched(session) then
    hits[#hits + 1] = { id, session.created }
    if #hits == take then break end
  end
end
return { (seen == many or #hits == take) and from or false, past, hits, seen > 0 and page[seen * 2 - 1] or false }
