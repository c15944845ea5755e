window.__THAR_CONFIG = {
  "userInfo" : {
    "accountId" : "100200300",
    "userName" : "Tide_Watcher",
    "displayName" : "Tide Watcher"
  },
  "archiveInfo" : {
    "sizeBytes" : "1234",
    "generationDate" : "2023-03-01T08:30:00.000Z",
    "isPartialArchive" : false
  }
}
