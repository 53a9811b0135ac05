local goes_on, found = troubled()
local hits = {}
for _, one in ipairs(found) do
  if is_searched(one.session) then hits[#hits + 1] = { one.id, one.session.created } end
end
return { goes_on or false, hits }
