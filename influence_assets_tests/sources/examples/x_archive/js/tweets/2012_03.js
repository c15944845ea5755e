Grailbird.data.tweets_2012_03 = 
 [ {
  "source" : "web",
  "entities" : {
    "user_mentions" : [ {
      "name" : "Old Pier",
      "screen_name" : "OldPier",
      "indices" : [ 0, 8 ],
      "id_str" : "55501",
      "id" : 55501
    } ],
    "media" : [ ],
    "hashtags" : [ ],
    "urls" : [ ]
  },
  "in_reply_to_status_id_str" : "182000000000000001",
  "geo" : { },
  "id_str" : "182001000000000002",
  "in_reply_to_user_id" : 55501,
  "text" : "@OldPier not today",
  "id" : 182001000000000002,
  "in_reply_to_status_id" : 182000000000000001,
  "created_at" : "2012-03-20 09:15:00 +0000",
  "in_reply_to_screen_name" : "OldPier",
  "user" : { "name" : "Tide Watcher", "screen_name" : "Tide_Watcher", "id_str" : "100200300", "id" : 100200300 }
}, {
  "source" : "web",
  "entities" : { "user_mentions" : [ ], "media" : [ ], "hashtags" : [ ], "urls" : [ ] },
  "geo" : { },
  "id_str" : "182002000000000003",
  "text" : "when was this?",
  "id" : 182002000000000003,
  "created_at" : "20 March",
  "user" : { "name" : "Tide Watcher", "screen_name" : "Tide_Watcher" }
} ]
