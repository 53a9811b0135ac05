-- Before scripts that give a lease back, with their first arguments: whose it is. Who lost it has no say.
local id, owner, version = arg(), arg(), arg()
local session = read(id)
local is_held = session and session.owner == owner and session.ver == version

local function give_back(due)
  let_go(id, session)
  redis.call('HDEL', record(id), 'owner', 'lease')
  if due then
    redis.call('HSET', record(id), 'due', due)
    redis.call('ZADD', key('due', session.client), due, id)
  else
    redis.call('HDEL', record(id), 'due')
    redis.call('ZREM', key('due', session.client), id)
  end
end
