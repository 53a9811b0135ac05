-- When the next renewal of a living session is due. Past so many that have ended, and that the sweep will find, it is the time of the last of them: too early
-- is no harm.
local client, now = arg(), arg()
local MAX_ENDED = 100
local found = redis.call('ZRANGE', key('due', client), 0, MAX_ENDED - 1, 'WITHSCORES')
for i = 1, #found, 2 do
  local ends = redis.call('ZSCORE', key('end', client), found[i])
  if ends and later(ends, now) then return found[i + 1] end
end
return #found == MAX_ENDED * 2 and found[#found] or false
