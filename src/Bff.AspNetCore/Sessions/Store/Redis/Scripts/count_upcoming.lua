-- How many renewals become due between each of these times and the next one.
local client, times = arg(), list()
local counts = {}
for i = 1, #times - 1 do counts[i] = redis.call('ZCOUNT', key('due', client), times[i], '(' .. times[i + 1]) end
return counts
