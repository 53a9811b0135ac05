-- Keeps tokens to be revoked. What an ended session left behind is older than these, and was used up for them; whether it waits for other sessions was decided
-- by the end.
local id, session_id, client, subject, tokens, due = arg(), arg(), arg(), given(), arg(), arg()
if not subject then
  local session = read(session_id)
  subject = session and session.sub
end
keep_tokens(id, session_id, client, subject, tokens, due)
return 1
