# ruff: noqa: E501
"""Pages written for the tests, with the structure of Wikipedia's lists and made-up people."""

INSTAGRAM = """<!DOCTYPE html><html><head><title>List</title><style>.x{color:red}</style></head><body>
<p>This is a list of accounts, as of 12 March 2025.<sup class="reference"><a href="#c1">[1]</a></sup></p>
<table class="infobox"><tbody><tr><th>Logo</th></tr><tr><td>none</td></tr></tbody></table>
<table class="wikitable sortable">
<caption>Most followed, <i>as of March 2025</i></caption>
<tbody><tr>
<th scope="col">Rank</th><th>Change</th><th>Username</th><th>Owner</th><th>Brand<br>account</th>
<th>Followers<br />(millions)<sup id="r2" class="reference">[<a href="#c2">2</a>]</sup></th>
<th>Profession/activity</th><th>Country</th></tr>
<tr><th scope="row">1</th><td><img alt="Steady" src="s.png"></td>
<td>@<a class="external" href="https://www.instagram.com/Ola.Nord/">Ola.Nord</a></td>
<td><span style="display:none">Nord, Ola</span>Ola Nord</td><td></td><td>650.24</td>
<td rowspan="2">Footballer<sup class="reference">[3]</sup></td>
<td><span class="flagicon"><img alt="" src="n.png"></span>&nbsp;<a href="/wiki/N">Norland</a></td></tr>
<tr><th scope="row">2</th><td><img alt="Increase" src="u.png"></td><td>@kim_ray</td><td>Kim Ray[a]</td>
<td><img alt="Yes"></td><td>1,017</td><td><a href="/wiki/E">Estia</a><br>Norland</td></tr>
<tr><th scope="row" rowspan="2">3</th><td></td><td>@third</td><td>T. Hird</td><td></td><td>99.5</td><td>Musician</td><td>Estia</td></tr>
<tr><td></td><td>@tied</td><td>Tied &amp; Co</td><td></td><td>about 99</td><td>Shop</td><td>Estia</td></tr>
<tr><td colspan="8">As of 12 March 2025</td></tr>
</tbody></table>
<table class="wikitable"><tr><th>Date</th><th>Username</th></tr><tr><td>2020</td><td>@old</td></tr></table>
</body></html>"""

YOUTUBE = """<table class="wikitable"><tr><th rowspan=2>Name</th><th rowspan=2>Link</th>
<th colspan=2>Audience</th></tr>
<tr><th>Subscribers (millions)</th><th>Country</th></tr>
<tr><td>Blue Hour</td><td><a href="https://www.youtube.com/channel/UCabcdefghij0123456789AB">Link</a></td><td>312</td><td>Estia</td></tr>
<tr><td>Night Kitchen</td><td><a href="https://www.youtube.com/@NightKitchen">Link</a></td><td>88.1</td><td>Norland</td></tr>
<tr><td>No Link</td><td></td><td>70.5</td><td>Norland</td></tr></table>"""

TIKTOK = """<table><tr><th>Rank</th><th>Username</th><th>Owner</th><th>Followers (millions)</th><th>Likes (billions)</th><th>Description</th><th>Country</th></tr>
<tr><td>1</td><td>@dance.one</td><td>Dee</td><td>160.9</td><td>2.5</td><td>Dancer</td><td>Estia</td></tr></table>"""

X = """<table><tr><th>Rank</th><th>Account name</th><th>Name</th><th>Followers</th><th>Activity</th></tr>
<tr><td>1</td><td>@one</td><td>One</td><td>219.7M</td><td>Business</td></tr>
<tr><td>2</td><td>@two</td><td>Two</td><td>131,400,000</td><td>Politics</td></tr></table>"""

CHANGED = """<table><tr><th>Place</th><th>Who</th><th>Reach</th></tr><tr><td>1</td><td>x</td><td>5</td></tr></table>"""
