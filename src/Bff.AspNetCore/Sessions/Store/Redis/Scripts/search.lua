-- Living sessions, newest first, some looked at at a time: says where to go on, and which.
local client, now, newest, handle, from, many, take = arg(), arg(), arg(), given(), tonumber(arg()), tonumber(arg()), tonumber(arg())
local page = redis.call('ZREVRANGEBYSCORE', key('new', client), newest, '-inf', 'WITHSCORES', 'LIMIT', from, many)
local hits = {}
local seen = 0
for i = 1, #page, 2 do
  local id, created = page[i], page[i + 1]
  seen = seen + 1
  local is_before = handle and tonumber(created) == tonumber(newest) and not before(string.sub(id, 1, #handle), handle)
  local session = not is_before and read(id)
  if session and later(session.ends, now) and is_searched(session) then
    hits[#hits + 1] = { id, session.created }
    if #hits == take then break end
  end
end
return { (seen == many or #hits == take) and string.format('%d', from + seen) or false, hits, #page > 0 and page[seen * 2] or false }
