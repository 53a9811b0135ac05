-- Signs out a session at the provider, once, when only its name there is known: leaves a mark, and says which sessions may be of it. What is still to be done
-- about those is noted, in case that who asks for it is gone before it is done.
local use, use_until, mark_name, forget = arg(), arg(), arg(), arg()
local client, sid, todo, task = arg(), arg(), arg(), arg()
if redis.call('ZADD', key('once'), 'NX', use_until, use) == 0 then return false end
mark(mark_name, forget)
local entries = redis.call('ZRANGE', key('sid', client, redis.sha1hex(sid)), 0, -1)
if #entries > 0 then redis.call('HSET', key('todo'), todo, task .. table.concat(entries, ' ')) end
return { entries }
