-- Ends the sessions of a subject.
local subject, reason, clients = arg(), arg(), list()
local ended = {}
for _, one in ipairs(of_subject(subject, clients)) do
  ended[#ended + 1] = values(one.id, one.session)
  finish(one.id, one.session, reason)
end
return ended
