def shares_by_week(rows,title): return b''
def topics_of_communities(rows,title): return b''
