-- Keeps a new session, and ends those of this shard that it takes the place of: both or neither.
local origin, id, ttl, since, marks = given(), arg(), arg(), arg(), list()
local max, refuses, most, tenant = given(), given(), tonumber(arg()), given()
local replaced, ours, todo, task = list(), list(), given(), arg()
local fields = list()
local session = {}
for i = 1, #fields, 2 do session[fields[i]] = fields[i + 1] end

-- Its tokens are sealed with keys that were lost with all else, and that no other node can read.
if origin and redis.call('GET', key('origin')) ~= origin then return { 'lost' } end
if redis.call('EXISTS', record(id)) == 1 then return { 'there' } end
if marked(since, marks) then return { 'signed_out' } end

local excess = {}
if max then
  local others, left = {}, {}
  for _, other in ipairs(of_subject(session.sub, { session.client })) do
    if later(other.session.ends, now) and is_of_tenant(other.session, tenant) then others[#others + 1] = other end
  end
  table.sort(others, function(a, b)
    local x, y = tonumber(a.session.created), tonumber(b.session.created)
    if x ~= y then return x < y end
    return before(a.id, b.id)
  end)
  for _, other in ipairs(others) do
    if not contains(replaced, other.id) then left[#left + 1] = other end
  end

  -- One that replaces another of its user makes them no more, however low the limit is by now.
  if refuses and #left == #others and #left >= tonumber(max) then return { 'too_many' } end
  if not refuses then
    for i = 1, math.min(#left - (tonumber(max) - 1), most) do excess[i] = left[i] end
  end
end

redis.call('HSET', record(id), unpack(fields))
redis.call('PEXPIRE', record(id), ttl)
redis.call('SADD', user(session.sub), id)
prolong(user(session.sub), ttl)
redis.call('SADD', key('clients'), session.client)
redis.call('ZADD', key('end', session.client), session.ends, id)
redis.call('ZADD', key('new', session.client), session.created, id)
if session.due then redis.call('ZADD', key('due', session.client), session.due, id) end
if todo then redis.call('HSET', key('todo'), todo, task) end

local ended = {}
for _, old in ipairs(replaced) do
  local there = read(old)
  if there and contains(ours, there.client) then ended[#ended + 1] = finish(old, there, 'replaced') end
end
for _, other in ipairs(excess) do ended[#ended + 1] = finish(other.id, other.session, 'too_many_sessions') end
return { 'added', ended }
