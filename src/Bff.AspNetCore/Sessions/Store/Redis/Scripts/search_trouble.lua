-- Those that count_trouble counts and that are looked for, some looked at at a time: says where to go on, and which.
local client, now, late, fails, from, many = arg(), arg(), arg(), given(), arg(), tonumber(arg())
local fail = key('fail', client)
local ids, goes_on = {}, false
if fails then
  local page = redis.call('ZSCAN', fail, from, 'COUNT', many)
  for i = 1, #page[2], 2 do ids[#ids + 1] = page[2][i] end
  if page[1] ~= '0' then goes_on = page[1] end
else
  local page = redis.call('ZRANGEBYSCORE', key('due', client), '-inf', late, 'LIMIT', from, many)
  if #page == many then goes_on = string.format('%d', tonumber(from) + many) end
  for _, id in ipairs(page) do
    if not redis.call('ZSCORE', fail, id) then ids[#ids + 1] = id end
  end
end

local hits = {}
for _, id in ipairs(ids) do
  local session = glance(id)
  if session and later(session.ends, now) and is_searched(session) then hits[#hits + 1] = { id, session.created } end
end
return { goes_on, hits }
