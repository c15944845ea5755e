window.YTD.follower.part0 = [
  { "follower" : { "accountId" : "1310630474755178496", "userLink" : "https://twitter.com/intent/user?user_id=1310630474755178496" } },
  { "follower" : { "accountId" : "1252851", "userLink" : "https://twitter.com/intent/user?user_id=1252851" } },
  { "follower" : { "userLink" : "https://twitter.com/intent/user" , "accountId" : null } }
]
