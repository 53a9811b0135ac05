-- How many they are, how many of them have an access token that has expired, and since when.
local goes_on, found = troubled()
local expired, since = 0, false
for _, one in ipairs(found) do
  local texp = one.session.texp
  if texp and not later(texp, now) then
    expired = expired + 1
    if not since or later(since, texp) then since = texp end
  end
end
return { goes_on or false, #found, expired, since }
