"""Words that name no topic: the commonest of languages that posts are often written in.

Only words of three letters or more stand here, without apostrophes and what follows them, as
`words` cuts them. What is common in another language is found by its spread over topics.
"""

from __future__ import annotations

_BY_LANGUAGE = {
    "en": """the and you that was for are with his they this have from one had word but not what
    all were when your can said there use each which she how their will other about out many then
    them these some her would make like him into time has look two more see could who did get made
    may its our now than been because also just very much too here only over after before again
    still even any why where while through don didn doesn isn aren wasn weren couldn wouldn
    shouldn hasn haven hadn won ain let got really going gonna want know think come back way thing
    things lot well yes off down own such being those does doing should yourself myself every ever
    never always us day days today new good great one another first last next take put say says
    something everything anything someone everyone it im ive dont cant youre thats whats every
    most both few same since until upon without within around between under against during per
    via amp so if as at by we my me be do go up or no on in to of is it an he hey omg lol yeah okay
    left right long little big best better keep need feel getting making three four five sure
    able part end year years week weeks month months ago soon far two next tonight tomorrow
    yesterday check out follow link bio swipe tag comment below above click""",
    "es": """que los las del una por con para como más mas pero sus este esta son entre cuando muy
    sin sobre también tambien hasta hay donde quien desde todo toda todos todas nos durante uno
    les contra otros ese eso ante ellos esto antes algunos qué unos otro otras otra tanto esa
    estos mucho quienes nada muchos cual poco ella estar estas algunas algo nosotros ser fue han
    era eres soy está están estoy tiene tengo hace ver así aquí hoy día ahora solo porque bien cada
    vez mis gracias mejor hacer siempre estos tus ya yo tu al lo el la un me te se si no es en de
    va voy vamos""",
    "pt": """que não nao com uma para por mais dos das como mas foi ele ela tem seu sua muito nos
    está esta isso este esse essa entre era depois sem mesmo aos ter seus quem nas meu minha minhas
    meus pelo pela até isto eles você voce vocês num numa nem suas qual nós lhe deles elas dele
    tudo hoje dia bom boa aqui são sao ser quando onde agora só pra pro todo todos toda todas
    porque sempre vai vou ainda também tambem já fazer bem gente""",
    "fr": """les des est pas que une dans pour qui sur par plus avec sont nous vous mais ont mes
    tes ses aux son ces leur cette elle ils tout tous toute toutes comme fait bien être etre avoir
    même meme sans deux trop très tres aussi quand moi toi lui donc car ici où quoi peu chez leurs
    entre après avant encore jour mon ton notre votre nos vos cet était suis sera ont été merci
    aujourd hui je tu il on ce se ne le la un du de en et au""",
    "de": """der die und das den von ist mit dem des auf für nicht ein eine als auch sich aus bei
    nach wie werden war hat einen wird noch oder einem vor zum haben nur zur mehr durch sind aber
    dass kann über man diese sein wenn schon ihr wir ich mich mir dich dir uns euch ihre seine mein
    meine meinen meiner dein deine einer eines dieser dieses hier sehr immer heute jetzt dann denn
    doch mal ganz gut habe habt hatte bin bist seid was wer wo warum alle alles beim vom im am um
    es er sie zu in an so ja nein kein keine ohne unter bis""",
    "it": """che non una per con del della sono più piu dei delle nel nella alla gli come anche
    questo questa questi queste quando dove chi tutto tutti tutta tutte mio mia miei mie tuo tua
    suo sua loro noi voi lui lei essere avere fatto stato molto bene sempre oggi solo poi perché
    perche ancora qui cosa ogni senza tra fra sul sulla dal dalla dai agli alle era hai abbiamo
    siamo grazie così prima dopo proprio ed il lo la un di da in si ti mi ci vi ne""",
    "nl": """het een van dat die niet zijn voor met ook aan als maar dan naar heb hebben heeft had
    was wat wie waar dit deze door over nog meer bij uit kan wel geen mijn jouw jullie hun haar hem
    ons onze je ik we ze zo er om op te en in is de of al nu hier heel veel weer vandaag goed
    worden wordt werd moet gaan zal""",
    "sv": """och att det som för med den har inte till jag var ett man men vad kan han hon från när
    nu där blir detta sig dig mig alla skulle ska vill min mitt mina din ditt dina så på av en är
    om vi ni de i hur här mycket bara efter eller sin också finns idag""",
    "da": """og det som for med den har ikke til jeg var men hvad kan han hun fra når der her
    bliver dette sig dig mig alle skulle skal vil min mit mine din dit dine så på af en er om vi
    et meget bare efter eller også idag hvor noget nogle være blev""",
    "tr": """bir ve bu için icin ile çok cok daha gibi kadar olarak ama ben sen biz siz onlar var
    yok olan oldu her şey sey mi mu da de ki ne en ya hem sonra önce şimdi benim senin bana sana
    bugün değil degil olsun bile diye hiç tüm iyi güzel""",
    "id": """yang dan ini itu dengan untuk tidak ada dari dalam akan pada saya kamu aku kita kami
    mereka dia bisa juga sudah atau seperti karena lebih oleh jadi hanya saat banyak masih lagi
    semua banget gak nggak nya aja udah tapi kalau buat sama yuk hari di ke""",
    "pl": """nie się sie jest jak ale tak dla czy tym tylko już juz był była było być przez tego
    jego jej ich mnie mam masz jestem może bardzo też tez gdzie kiedy wszystko dzisiaj dziś oraz
    po na do od za to ja ty my wy""",
    "ru": """что это как все так для меня мне мы вы он она они его еще ещё уже только был была было
    быть есть или если когда чтобы тоже очень где кто нет да на не по от за из до при под над без
    мой моя мои мое твой вас вам нас нам тебя тебе себя свой этот эта эти тот там тут вот сегодня
    можно больше потом будет один раз""",
    "ar": """من في على الى إلى عن مع هذا هذه ذلك التي الذي كان كانت هو هي هم انت أنت انا أنا نحن
    كل لا ما لم لن قد ان أن إن او أو ثم حتى بعد قبل بين عند كما لكن ليس يا اللي الي فقط شي كيف
    والله اليوم هل عليه عليها فيه فيها وهو وهي""",
    "fa": """از به با در که این را برای است هم تا بر آن یک من تو ما شما هر می نمی بود شد یا اما""",
    "hi": """और के है में की से का को पर यह हैं नहीं भी एक हो तो था थी कर ही कि""",
    "ko": """이 그 저 것 수 등 및 더 또 오늘 너무 진짜 정말 그리고 하지만 그래서 있는 하는 입니다
    있어요 합니다 했어요 이번 같은""",
    "ja": """です ます から まで こと これ それ あれ した して ある いる する ない なる よう ので
    さん ました でした ません ですか たい""",
}

STOP_WORDS = frozenset(word for words in _BY_LANGUAGE.values() for word in words.split())
"""Of all languages together: of a mixed text nobody knows whose each word is."""
