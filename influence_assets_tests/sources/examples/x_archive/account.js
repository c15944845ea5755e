window.YTD.account.part0 = [
  {
    "account" : {
      "email" : "nobody@example.org",
      "createdVia" : "web",
      "username" : "Tide_Watcher",
      "accountId" : "100200300",
      "createdAt" : "2011-06-23T13:04:14.000Z",
      "accountDisplayName" : "Tide Watcher"
    }
  }
]
