var payload_details =  {
  "tweets" : 2,
  "created_at" : "2013-04-27 10:00:00 +0000",
  "lang" : "en"
}
