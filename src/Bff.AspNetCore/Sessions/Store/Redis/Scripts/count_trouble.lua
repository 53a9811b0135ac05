-- How many sessions of a client are renewed in the background, but were not in time; how many of them have an access token that has expired, and since when.
-- Of those that fail all at once, from indexes alone; of very many, some of those that ended in the last minute may be among them. Of those that do not, and
-- that nobody has begun though they were due before some time, some at a time: says first where to go on.
local client, now, late, fails, from, many = arg(), arg(), arg(), given(), arg(), tonumber(arg())
local MAX_ENDED = 500
local fail, due, ending = key('fail', client), key('due', client), key('end', client)
local count, expired, since, goes_on = 0, 0, false, false

local function lives(id)
  local ends = redis.call('ZSCORE', ending, id)
  return ends and later(ends, now)
end

local function note_expired(texp)
  if not since or later(since, texp) then since = texp end
end

if fails then
  count, expired = redis.call('ZCARD', fail), redis.call('ZCOUNT', fail, '-inf', now)
  for _, id in ipairs(count > 0 and redis.call('ZRANGEBYSCORE', ending, '-inf', now, 'LIMIT', 0, MAX_ENDED) or {}) do
    local texp = redis.call('ZSCORE', fail, id)
    if texp then
      count = count - 1
      if not later(texp, now) then expired = expired - 1 end
    end
  end

  local first = expired > 0 and redis.call('ZRANGEBYSCORE', fail, '-inf', now, 'WITHSCORES', 'LIMIT', 0, MAX_ENDED) or {}
  for i = 1, #first, 2 do
    if lives(first[i]) then
      note_expired(first[i + 1])
      break
    end
  end
else
  local ids = redis.call('ZRANGEBYSCORE', due, '-inf', late, 'LIMIT', from, many)
  if #ids == many then goes_on = string.format('%d', tonumber(from) + many) end
  for _, id in ipairs(ids) do
    if not redis.call('ZSCORE', fail, id) and lives(id) then
      count = count + 1
      local texp = redis.pcall('HGET', record(id), 'texp')
      if type(texp) == 'string' and tonumber(texp) and not later(texp, now) then
        expired = expired + 1
        note_expired(texp)
      end
    end
  end
end
return { goes_on, count, expired, since }
