-- Before every script; FIELDS and MAJOR stand before this. KEYS[1] names a shard, such as bff:{s042}, and all that a script touches begins with it: so all of
-- it is on one node of a cluster, and nothing comes between. Times are Unix milliseconds, given by who calls; an argument that is empty says nothing.
local unpack = unpack or table.unpack
local SHARD = KEYS[1]
local at = 0

local function arg()
  at = at + 1
  return ARGV[at]
end

-- Nil for an empty one.
local function given()
  local value = arg()
  if value == '' then return nil end
  return value
end

local function list()
  local values = {}
  for i = 1, tonumber(arg()) do values[i] = arg() end
  return values
end

local function key(...)
  return SHARD .. ':' .. table.concat({...}, ':')
end

local function record(id)
  return key('r', id)
end

local function user(subject)
  return key('u', redis.sha1hex(subject))
end

local function later(a, b)
  return tonumber(a) > tonumber(b)
end

-- In the order of bytes; Lua's own depends on the server's language.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function contains(values, value)
  for _, one in ipairs(values) do
    if one == value then return true end
  end
  return false
end

-- Keeps a key at least so long.
local function prolong(name, ttl)
  if redis.call('PTTL', name) < tonumber(ttl) then redis.call('PEXPIRE', name, ttl) end
end

local NUMBERS = { created = true, ends = true, abs = true, ver = true }
local OPTIONAL_NUMBERS = { texp = true, due = true, nb = true, fails = true, since = true, lease = true }

-- A session by the names of its fields; nil when there is none, or nobody here can read it.
local function read(id)
  local values = redis.pcall('HMGET', record(id), unpack(FIELDS))
  if values.err or not values[1] or string.match(values[1], '^%d+') ~= MAJOR then return nil end
  local session = {}
  for i, name in ipairs(FIELDS) do
    local value = values[i]
    if value then session[name] = value end
    if NUMBERS[name] and not tonumber(value or '') then return nil end
    if OPTIONAL_NUMBERS[name] and value and not tonumber(value) then return nil end
  end
  if not (session.sub and session.client) then return nil end
  return session
end

local GLANCED = { 'v', 'client', 'fe', 'sub', 'name', 'created', 'ends', 'abs' }

-- A session by some short fields, for who looks at many: neither tokens nor claims. Nil when there is none, or nobody here can read it.
local function glance(id)
  local values = redis.pcall('HMGET', record(id), unpack(GLANCED))
  if values.err or not values[1] or string.match(values[1], '^%d+') ~= MAJOR then return nil end
  local session = {}
  for i, name in ipairs(GLANCED) do session[name] = values[i] or nil end
  for name in pairs(NUMBERS) do
    if name ~= 'ver' and not tonumber(session[name] or '') then return nil end
  end
  if not (session.sub and session.client) then return nil end
  return session
end

-- What the node that has claimed a session holds; nil for a node that does not say which it is.
local function held_by(owner)
  local instance = owner and string.match(owner, '^([^/]+)/')
  return instance and key('held', instance)
end

local function let_go(id, session)
  local held = held_by(session.owner)
  if held then redis.call('SREM', held, id) end
end

-- What a session is read from.
local function values(id, session)
  local row = { id }
  for i, name in ipairs(FIELDS) do row[i + 1] = session[name] or false end
  return row
end

-- Nothing finds the session any longer by client or time.
local function unindex(id, client)
  for _, index in ipairs({ 'due', 'end', 'new', 'fail' }) do redis.call('ZREM', key(index, client), id) end
end

-- What nobody here can read is over: it goes, since whoever could still read it would not find it any longer where sessions are ended.
local function forget(id)
  for _, client in ipairs(redis.call('SMEMBERS', key('clients'))) do unindex(id, client) end
  return redis.call('DEL', record(id))
end

-- What is in the set of a subject, if it is a session of theirs and of one of these clients.
local function session_of(subject, id, clients)
  local session = read(id)
  if session then return session.sub == subject and contains(clients, session.client) and session or nil end
  forget(id)
  redis.call('SREM', user(subject), id)
  return nil
end

-- The sessions of a subject, of one of these clients: each once, with its id.
local function of_subject(subject, clients)
  local found = {}
  for _, id in ipairs(redis.call('SMEMBERS', user(subject))) do
    local session = session_of(subject, id, clients)
    if session then found[#found + 1] = { id = id, session = session } end
  end
  return found
end

-- Whether a logout has left one of these marks since a sign-in was begun.
local function marked(since, marks)
  for _, mark in ipairs(marks) do
    local forget = redis.call('ZSCORE', key('marks'), mark)
    if forget and not later(since, forget) then return true end
  end
  return false
end

local function mark(name, forget)
  local kept = redis.call('ZSCORE', key('marks'), name)
  if not kept or later(forget, kept) then redis.call('ZADD', key('marks'), forget, name) end
end
