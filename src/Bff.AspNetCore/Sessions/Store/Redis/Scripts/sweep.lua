-- Deletes some of what is over: sessions past their end, what may be forgotten, and what belongs to clients that nobody runs any longer. Says whether there is
-- more, which sessions ended, and what somebody has left undone.
local time, abandoned, undone_before, clients, many = arg(), arg(), arg(), list(), tonumber(arg())
local is_more = false

local function until_time(name, last, forget)
  local ids = redis.call('ZRANGEBYSCORE', name, '-inf', last, 'LIMIT', 0, many)
  if #ids == many then is_more = true end
  for _, id in ipairs(ids) do forget(id) end
end

local function drop(name)
  return function(id) redis.call('ZREM', name, id) end
end

until_time(key('once'), time, drop(key('once')))
until_time(key('marks'), time, drop(key('marks')))
until_time(key('ends'), time, function(id)
  redis.call('ZREM', key('ends'), id)
  redis.call('HDEL', key('why'), id)
end)

local ended = {}
for _, client in ipairs(clients) do
  until_time(key('end', client), time, function(id)
    local session = read(id)
    if not session then forget(id)
    elseif session.client ~= client then unindex(id, client)
    elseif later(session.ends, time) then redis.call('ZADD', key('end', client), session.ends, id)
    else ended[#ended + 1] = finish(id, session, nil) end
  end)
end

for _, client in ipairs(redis.call('SMEMBERS', key('clients'))) do
  until_time(key('end', client), abandoned, function(id)
    local session = read(id)
    redis.call('DEL', record(id))
    unindex(id, client)
    if session then redis.call('SREM', user(session.sub), id) end
  end)
  if not contains(clients, client) then
    until_time(key('vdue', client), abandoned, function(id)
      redis.call('DEL', key('v', id))
      redis.call('ZREM', key('vdue', client), id)
    end)
  end
end

local undone = {}
local tasks = redis.call('HGETALL', key('todo'))
for i = 1, #tasks, 2 do
  local begun = string.match(tasks[i + 1], '^%d+')
  if not begun or not later(begun, undone_before) then undone[#undone + 1] = { tasks[i], tasks[i + 1] } end
end
return { is_more and 1 or 0, ended, undone }
