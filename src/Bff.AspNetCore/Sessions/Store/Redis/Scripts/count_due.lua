-- How many living sessions are due. Of very many, some of those that ended in the last minute may be among them.
local client, now = arg(), arg()
local MAX_LOOKED_AT = 500
local count = redis.call('ZCOUNT', key('due', client), '-inf', now)
if count <= MAX_LOOKED_AT then
  local living = 0
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('due', client), '-inf', now)) do
    local ends = redis.call('ZSCORE', key('end', client), id)
    if ends and later(ends, now) then living = living + 1 end
  end
  return living
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('end', client), '-inf', now, 'LIMIT', 0, MAX_LOOKED_AT)) do
  local due = redis.call('ZSCORE', key('due', client), id)
  if due and not later(due, now) then count = count - 1 end
end
return count
