-- Moves the idle end, never back and never past the absolute one.
local id, ends = arg(), arg()
local session = read(id)
if not session then return false end
if not later(ends, session.ends) then ends = session.ends elseif later(ends, session.abs) then ends = session.abs end
redis.call('HSET', record(id), 'ends', ends)
redis.call('ZADD', key('end', session.client), ends, id)

-- It may have been passed over as one that has ended.
if session.due then redis.call('ZADD', key('due', session.client), session.due, id) end
return ends
