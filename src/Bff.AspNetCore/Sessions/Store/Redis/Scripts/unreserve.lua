-- The session is not there, or no longer.
local client, sid, entry = arg(), arg(), arg()
return redis.call('ZREM', key('sid', client, redis.sha1hex(sid)), entry)
