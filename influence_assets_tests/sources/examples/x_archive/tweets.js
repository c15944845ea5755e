window.YTD.tweets.part0 = [
  {
    "tweet" : {
      "retweeted" : false,
      "entities" : {
        "hashtags" : [ { "text" : "Harbour", "indices" : [ "20", "28" ] } ],
        "symbols" : [ ],
        "user_mentions" : [ { "name" : "Old Pier", "screen_name" : "OldPier", "id_str" : "55501", "id" : "55501" } ],
        "urls" : [ ]
      },
      "favorite_count" : "12",
      "id_str" : "1626922779105759235",
      "retweet_count" : "3",
      "id" : "1626922779105759235",
      "created_at" : "Sat Feb 18 12:33:11 +0000 2023",
      "full_text" : "High tide &amp; calm #Harbour with @OldPier",
      "lang" : "en",
      "extended_entities" : {
        "media" : [
          { "id_str" : "1", "type" : "photo" },
          { "id_str" : "2", "type" : "photo" }
        ]
      }
    }
  },
  {
    "tweet" : {
      "entities" : {
        "hashtags" : [ ],
        "user_mentions" : [ { "name" : "Old Pier", "screen_name" : "OldPier", "id_str" : "55501" } ],
        "urls" : [ ]
      },
      "favorite_count" : "0",
      "in_reply_to_status_id_str" : "1626916612560281601",
      "id_str" : "1626923000000000001",
      "in_reply_to_user_id" : "55501",
      "retweet_count" : "0",
      "created_at" : "Sat Feb 18 12:34:00 +0000 2023",
      "full_text" : "@OldPier who measured that?",
      "lang" : "und",
      "in_reply_to_screen_name" : "OldPier"
    }
  },
  {
    "tweet" : {
      "entities" : {
        "hashtags" : [ ],
        "user_mentions" : [ { "name" : "Gull", "screen_name" : "Grey_Gull", "id_str" : "7" } ],
        "urls" : [ ]
      },
      "favorite_count" : "0",
      "id_str" : "1626923000000000002",
      "retweet_count" : "250",
      "created_at" : "Sat Feb 18 12:35:00 +0000 2023",
      "full_text" : "RT @Grey_Gull: chips are back",
      "lang" : "en"
    }
  },
  {
    "tweet" : {
      "entities" : { "hashtags" : [ ], "user_mentions" : [ ], "urls" : [ ] },
      "favorite_count" : "1",
      "id_str" : "1626923000000000003",
      "retweet_count" : "0",
      "created_at" : "Sat Feb 31 99:35:00 +0000 2023",
      "full_text" : "a clock that was wrong",
      "lang" : "en"
    }
  }
]
