var user_details =  {
  "screen_name" : "Tide_Watcher",
  "location" : "by the sea",
  "full_name" : "Tide Watcher",
  "bio" : "",
  "id" : "100200300",
  "created_at" : "2011-06-23 13:04:14 +0000"
}
