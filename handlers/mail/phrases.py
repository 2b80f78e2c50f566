"""What mail clients write around quoted and forwarded mail, in the languages they speak.

Tables only: lines, header blocks, attributions, subjects and signatures are recognised by them. Keys are in the form `plain_form` gives: lower case, no combining dots,
no invisible marks. Labels are those of Outlook, Apple Mail, Gmail, Yahoo, Thunderbird and webmail programs.
"""

import unicodedata
from enum import StrEnum

_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2060\u2066\u2067\u2069\ufeff\u00ad")
)
_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u3000\t"), " ")


def visible_form(text: str) -> str:
    """Drop marks nobody sees (byte order, direction, zero width) and make every kind of blank a space."""
    if text.isascii():
        return text.replace("\t", " ")
    return text.translate(_INVISIBLE).translate(_SPACES)


def plain_form(text: str) -> str:
    """A form in which two spellings of the same phrase are equal: composed, folded, single blanks."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFC", visible_form(text)).casefold().replace("\u0307", "")
    return " ".join(folded.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(plain_form(phrase) for phrase in text.replace("\n", "|").split("|") if phrase.strip())


class Field(StrEnum):
    """A line of the header block that clients put above quoted or forwarded mail."""

    FROM = "from"
    TO = "to"
    CC = "cc"
    DATE = "date"
    SUBJECT = "subject"
    REPLY_TO = "reply_to"
    OTHER = "other"


def _labels(table: dict[Field, str]) -> dict[str, Field]:
    return {
        plain_form(label): field
        for field, labels in table.items()
        for label in labels.replace("\n", "|").split("|")
        if label.strip()
    }


LABELS: dict[str, Field] = _labels(
    {
        # Where one word means two things in two languages, the later entry of this table wins.
        Field.OTHER: """Bcc|BCC|Cco|Cci|Bcc:n|Blindkopie|Blindkopie (BCC)|Hemlig kopia|Skjult kopi|Blind kopi|Piilokopio|UDW
    Ukryta kopia|Skrytá kopie|Skrytá kópia|Titkos másolat|Rejtett másolatot kap|Скрытая копия
    Прихована копія|Gizli|密送|密件副本|숨은 참조|Copie cachée à|Cópia oculta|Copia oculta|Ccn|Κρυφή κοινοποίηση
    נמענים מוסתרים|عتم|Attachments|Attachment|Anlagen|Anhänge|Anhang|Pièces jointes|Pièce jointe
    Datos adjuntos|Archivos adjuntos|Anexos|Allegati|Bijlagen|Bilagor|Bilagt fil|Vedhæftede filer
    Vedlegg|Liitteet|Załączniki|Přílohy|Prílohy|Mellékletek|Вложения|Вкладення|Ekler|附件|添付ファイル|첨부 파일|첨부
    Importance|Priority|Wichtigkeit|Priorität|Importancia|Importance :|Prioridade|Importância|Priorità
    Urgentie|Prioritet|Organization|Organisation|Newsgroups|Newsgruppen|User-Agent|Message-ID|References
    In-Reply-To|X-Mailer|Return-Path|Sender|Resent-From|Resent-To|Resent-Date|Mailed-By|Signed-By|Security
    Categories|Kategorien|Account|Konto|Size|Folder|When|Where|Required Attendees|Optional Attendees
    Disposition-Notification-To|Return-Receipt-To""",
        Field.REPLY_TO: """Reply-To|Reply To|Antwort an|Antworten an|Répondre à|Réponse à|Responder a|Responder para|Rispondi a
    Antwoord aan|Antwoord naar|Antwoorden aan|Svar till|Svara till|Svar til|Svar-til|Vastausosoite
    Vastaa|Odpowiedz do|Odpowiedź do|Odpověď na|Odpovědět|Adresa pro odpověď|Odpovedať|Odpoveď na
    Válaszcím|Răspunde la|Răspuns către|Адрес для ответа|Ответить|Кому ответить|Відповісти|Yanıt adresi
    Yanıtla|Απάντηση προς|Vastus|Отговор до|Odgovori na|Odgovor na|Odgovori|答复|回复|回覆|返信先|답장|השב אל
    الرد على""",
        Field.CC: """Cc|C.c.|Copy|Copies|Kopie|Kopie (CC)|Kopie an|Copie|Copie à|Copie à (Cc)|Con copia|Con copia a|Copia
    Copia a|Cópia|Com cópia|Kopie aan|Kopia|Kopia till|Kopi|Kopi til|Kopi til (Cc)|Kopio|Kopio(t)|Afrit
    Kópia|Kopia (CC)|DW|Do wiadomości|Másolat|Másolatot kap|Másolatot kapnak|Копия|Копія|Копіювати|Копие
    ЯК|Як|Копија|Kopija|Kopija (CC)|Kp|Kp:|Kópie|Κοιν|Κοινοποίηση|Κοιν.|Bilgi|Karbon Kopya|Koopia
    Kopijas|Còpia|A/c|抄送|抄送人|副本|副本抄送|写し|참조|עותק|העתק|העתקים|نسخة|نسخة إلى|نسخة كربونية|رونوشت|प्रतिलिपि
    Tembusan|Salinan|สำเนา|สำเนาถึง|Đồng gửi|Đồng kính gửi""",
        Field.DATE: """Date|Sent|Sent on|Sent at|Date sent|Received|Datum|Gesendet|Gesendet am|Gesendet um|Zeit|Envoyé
    Envoyé le|Envoyée|Message du|Fecha|Enviado|Enviado el|Enviada el|Enviada|Enviado em|Enviada em|Data
    Data de envio|Data e hora|Inviato|Inviato il|Inviata|Verzonden|Verzonden op|Verstuurd|Skickat
    Skickad|Datum och tid|Dato|Sendt|Dato og tid|Päivämäärä|Päiväys|Lähetetty|Lähetysaika|Pvm|Dagsetning
    Sent þann|Odesláno|Odesláno dne|Odoslané|Odoslaná|Odoslal|Dátum|Dňa|Poslané|Wysłano|Wysłane
    Data wysłania|Elküldve|Küldve|Küldés ideje|Küldés dátuma|Küldte|Dată|Trimis|Trimis la|Trimisă
    Data trimiterii|Дата|Отправлено|Отправлен|Дата отправки|Надіслано|Відправлено|Дата надсилання
    Изпратено|Изпратен|Датум|Послато|Poslato|Poslano|Послано|Испратено|Dátum:|Ημερομηνία|Στάλθηκε|Εστάλη
    Αποστολή|Ημ/νία|Tarih|Gönderilen|Gönderildi|Gönderilme Tarihi|Gönderme Tarihi|Gönderme Zamanı
    Gönderilme|Kuupäev|Saadetud|Saatmisaeg|Saatmise aeg|Datums|Nosūtīts|Sūtīts|Išsiųsta|Siųsta|Enviat
    Enviat el|Dyddiad|Noiz|Bidaltze-data|Dërguar|Адпраўлена|日期|时间|時間|发送时间|发送日期|发件时间|寄件日期|傳送時間|傳送日期|寄件時間
    送件日期|送信日時|送信日|送信時刻|日付|日時|날짜|보낸 날짜|보낸날짜|보낸 시간|일시|תאריך|נשלח|נשלח ב|נשלחה|التاريخ|تاريخ الإرسال
    تم الإرسال|مرسل في|أرسلت|تاریخ|ارسال شده|दिनांक|तारीख|भेजा गया|Ngày|Đã gửi|Gửi lúc|Vào lúc|Ngày gửi
    Tanggal|Terkirim|Dikirim|Tarikh|Dihantar|วันที่|ส่งเมื่อ|ส่ง""",
        Field.SUBJECT: """Subject|Betreff|Thema|Objet|Sujet|Asunto|Assunto|Oggetto|Onderwerp|Ämne|Emne|Aihe|Otsikko|Efni
    Předmět|Věc|Predmet|Vec|Temat|Tárgy|Subiect|Subiectul|Тема|Относно|Тэма|Наслов|Предмет|Naslov|Zadeva
    Θέμα|Konu|Teema|Pealkiri|Tēma|Temats|Tema|Subjekti|Assumpte|Gaia|Pwnc|Ábhar|主题|主題|主旨|标题|標題|件名|題名|제목
    נושא|הנדון|الموضوع|موضوع|विषय|Chủ đề|Tiêu đề|Chủ đề thư|Subjek|Perihal|Judul|เรื่อง|หัวเรื่อง|หัวข้อ""",
        Field.TO: """To|An|Empfänger|À|A|Pour|Destinataire|Destinataires|Para|Destinatario|Destinatarios|Destinatário|Per
    Destinatari|Aan|Ontvanger|Till|Mottagare|Til|Modtager|Mottaker|Vastaanottaja|Vastaanottajat|Kenelle
    Saaja|Viðtakandi|Komu|Příjemce|Příjemci|Pro|Pre|Príjemca|Do|Adresat|Odbiorca|Dla|Címzett|Címzettek
    Către|Catre|La|Destinatarul|Destinatar|Pentru|Кому|Получатель|Получатели|Одержувач|До|Към|За|Каму
    Коме|Прима|Za|Prima|Primatelj|Primalac|Prejemnik|Προς|Παραλήπτης|Kime|Alıcı|Kellele|Adressaat|Kam|Uz
    Saņēmējs|Gavėjas|Kur|Per a|Nori|At|Për|收件人|收件者|宛先|受信者|送信先|받는 사람|받는사람|받는이|수신|수신자|אל|נמען|נמענים|עבור
    إلى|الى|المستلم|المرسل إليه|به|گیرنده|प्रति|प्राप्तकर्ता|Đến|Tới|Người nhận|Gửi đến|Kepada|Ke|Untuk
    ถึง|ผู้รับ""",
        Field.FROM: """From|Von|Absender|De|Expéditeur|Da|Mittente|Van|Afzender|Från|Avsändare|Fra|Frå|Afsender
    Avsender|Lähettäjä|Frá|Sendandi|Od|Odesílatel|Odosielateľ|Nadawca|Feladó|Küldő|De la|Expeditorul
    Expeditor|От|От кого|Отправитель|Від|Від кого|Відправник|Ад|Ад каго|Подател|Изпращач|Од|Пошиљалац
    Šalje|Шаље|Pošiljatelj|Pošiljalac|Pošalje|Από|Αποστολέας|Kimden|Gönderen|Saatja|Kellelt|Keneltä|No
    Sūtītājs|Nuo|Siuntėjas|Nork|Nondik|Oddi wrth|Ó|Remitente|Remetente|Nga|Dërguesi|发件人|寄件者|寄件人|發件人|差出人
    送信者|送信元|보낸 사람|보낸사람|보낸이|발신|발신자|מאת|שולח|من|المرسل|از|فرستنده|प्रेषक|Từ|Người gửi|Gửi từ|Dari|Pengirim
    Daripada|จาก|ผู้ส่ง""",
    }
)

# A word that means "message", in a title such as "-----Ursprüngliche Nachricht-----".
MESSAGE_STEMS = """message|messag|messaggi|mensaje|mensagem|mensaxe|missatge|mesaj|mesazh|nachricht|mitteilung|e-mail
    email|mail|mejl|bericht|berjocht|boodskap|meddelelse|meddelande|melding|besked|viesti|kirje|kiri
    zpráv|správ|wiadomoś|üzenet|levél|levelet|сообщени|письм|писм|порук|порака|повідомлен|лист|ліст
    poruk|sporočil|laišk|ziņ|съобщени|vēstul|μήνυμα|μηνύματ|ileti|i̇leti|posta|póstur|skeyti|mezua|neges
    teachtaireacht|teachdaireachd|pesan|mesej|thư|tin nhắn|ข้อความ|จดหมาย|邮件|郵件|消息|訊息|メッセージ|メール|메시지|메일
    편지|הודעה|הודעת|رسالة|الرسالة|پیام|नामक|संदेश|նամակ|წერილი|correo|courriel|posting|appointment"""

# A word that means "forwarded".
FORWARD_STEMS = """forward|fwd|weitergeleit|weiterleitung|transfér|transfere|transmis|réexpéd|reenvia|renviad
    reencaminh|encaminhad|remitid|reunvi|renvià|inoltr|doorgestuur|doorsturen|trochstjoerd|videresend
    vidaresend|viderebring|vidarebefordra|vidareskick|välitet|edelleen|áframsend|framsend|přeposl
    přeposíl|předan|preposl|preposiel|przekaz|przesłan|przesyłan|podaj dalej|továbbít|redirec|transmisă
    пересыл|пересила|пересла|переадрес|перенаправ|пересланн|препрат|препраќ|прослеђ|proslij|prosleđ
    prosljeđ|posredov|προωθ|iletil|i̇letil|yönlendir|edasta|edastat|yrrw|هدایت|अग्रेषित|pārsūt|persių
    persiųs|reexpedi|birbidal|përcjell|накіраван|переадресован|转发|轉寄|轉發|転送|전달|הועבר|מועבר|العاد|معاد
    ممرّر|محوّل|إعادة توجيه|تمت إعادة|بازارسال|chuyển tiếp|terusan|diteruskan|dimajukan|ส่งต่อ
    dale sposr|dalej pós|փոխանց"""

# A word that means "original" or "reply": such a title stands above an older mail of the same thread.
ORIGINAL_STEMS = """origin|original|ursprüng|ursprung|oprindelig|opprinnelig|opphavleg|oorspronk|oarspron|původn|pôvodn
    oryginal|eredeti|исходн|оригинал|початков|первоначальн|зыходн|orijinal|özgün|alkuperäi|upprunal
    izvorn|izvirn|izvirno|algne|algkiri|orixinal|jatorri|orinel|wreiddiol|bhunaidh|thùsail|αρχικ|pirmin
    pradin|sākotn|asli|gốc|原始|原文|元の|원본|מקורי|الأصل|اصلی|मूल|reply|antwort|réponse|respuesta|resposta
    risposta|antwoord|svar|odpowied|odpověď|ответ"""

# Whole lines that open a forward in Apple Mail and others, where the words alone would not say so.
FORWARD_LINES = frozenset(
    plain_form(line)
    for line in (
        "İleti başlangıcı",
        "Yönlendirilen iletinin başlangıcı",
        "Iletilmiş ileti başlangıcı",
        "Start på videresendt besked",
        "Begin forwarded message",
        "Forwarded message",
        "Start of forwarded message",
    )
)

# Verbs of "… wrote:", most of them in several forms. Matched as whole words at the end or after the date.
WROTE = _phrases(
    """wrote|writes|said|sent|schrieb|schreibt|geschrieben|a écrit|écrit|écrivait|escribió|escribio
    ha escrito|escribe|escrebeu|escreveu|escrito|ha scritto|scrisse|scrive|schreef|geschreven|schrijft
    skrev|skreiv|skrifaði|kirjoitti|kirjoittanut|napsal|napsala|napsal(a)|napísal|napísala|napísal(a)
    napisał|napisała|napisał(a)|napisana przez|napisane przez|pisze|napisao|napisala|napisao/la
    napisao je|je napisao|je napisal|je napisal(a)|napisa|írta|írt|ezt írta|a scris|scrie|написал
    написала|написал(а)|пишет|писал|писала|написав|пише|написа|напісаў|написао|написао/ла|γράφει|έγραψε
    εγραψε|yazdı|yazdi|yazıyor|kirjutas|rakstīja|raksta|rašė|parašė|ha escrit|va escriure|escribiu
    idatzi zuen|igorleak idatzi|shkroi|ha scrit|ysgrifennodd|scríobh|sgrìobh|a scrit|menulis
    wrote the following|đã viết|viết|เขียน|เขียนว่า|写道|写入|寫道|写于|書きました|のメッセージ|のメール|さんは書きました|님이 작성|작성|쓴 글
    이(가) 쓴 글|כתב|כתבה|כתב/ה|כתב(ה)|מאת|كتب|كتبت|نوشت|نوشته"""
)

# Words around the name in such a line that belong neither to the name nor to the date.
ATTRIBUTION_FILLERS = _phrases(
    """on|am|op|em|pe|w|dniu|dnia|dne|dňa|dana|у|в|às|à|om|um|kl|kl.|at|v|klo|heeft|het|volgende|hat
    użytkownik|użytkownika|uživatel|uživatelka|používateľ|používateľka|пользователь|користувач
    felhasználó|utilizatorul|kullanıcısı|şunları|şunu|tarihinde|saat|saatinde|keltezéssel|időpontban
    from|від|от|од|från|dátummal|uhr|ore|hr|uur|følgende|følgjande|följande|在|於|于|the|following|par|via
    korisnik|uporabnik|ο|χρήστης|giorno|kontakt|wiadomość|napisana|przez|je|oseba|ч|ч.|lietotājs|—|–|تمت
    كتابة|ما|يلي|بواسطة|م|ص"""
)

# The word a "On 3 May 2024, Ann wrote:" line starts with.
LEADS = "On|Am|Le|El|Il|Op|Den|På|Em|W dniu|Dnia|Dne|Dňa|Pe|La|Në|Më|Στις|На|У|В|Þann|Il giorno|Em data|Às|Ar|O|Ils|在|於|Vào|Pada|Den|Po|Dana|Dne|Ob|בתאריך|ב-|في|على|در|เมื่อ|Kell"

# Subject prefixes. A letter or two, so only with their colon; longer forms are what older clients wrote out.
FORWARD_PREFIXES = _phrases(
    """fw|fwd|wg|weitergeleitet|weiterltg|tr|transfert|transf|i|inoltro|inoltra|rv|reenv|reenvío|reenviado
    enc|encaminhado|encam|doorst|doorsturen|dfw|vb|vidarebefordrat|vbf|vs|videresend|videresendt
    vidaresend|vl|välitetty|fs|framsenda|pd|podaj dalej|przek|pdal|přep|předat|přeposlat|fwd.|fw.|presl
    preposlané|pres|továbbítás|továbbítva|továbbítás.|tovább|redir|redir.|redirecționat|пер|пересл
    перенапр|переадресация|fwrd|ilt|iletildi|yönlendirildi|i̇lt|ynl|προωθ|πρθ|προωθημένο|препр|прп
    proslijeđeno|prosl|edasi|pārs|pārsūt|persiųsta|persiuntimas|trs|terusan|cvt|ct|chuyển tiếp|转发|轉寄|轉發
    转寄|転送|전달|הועבר|העברה|إعادة توجيه|إعادة|ส่งต่อ"""
)
REPLY_PREFIXES = _phrases(
    """re|aw|antw|antwort|sv|svar|ref|rif|r|res|resp|resposta|respuesta|réponse|rép|odp|odpowiedź|odpověď
    odg|vá|válasz|vast|vastaus|ynt|yanıt|cevap|απ|απάντηση|σχετ|ответ|отв|відп|отг|atb|ats|atsakymas
    vast.|bls|balas|trả lời|回复|回覆|答复|答覆|返信|답장|회신|תגובה|השב|رد|ตอบกลับ"""
)

ON_BEHALF = (
    " on behalf of ",
    " im auftrag von ",
    " de la part de ",
    " en nombre de ",
    " em nome de ",
    " per conto di ",
    " namens ",
    " på vegne af ",
    " på uppdrag av ",
    " w imieniu ",
    " от имени ",
    " jménem ",
)


# A whole line that ends a letter; below it stands a name.
CLOSINGS = _phrases(
    """regards|best regards|kind regards|kindest regards|warm regards|warmest regards|with kind regards
    with best regards|many regards|regards to all|rgds|brgds|br|kr|best|best wishes|with best wishes
    all the best|sincerely|sincerely yours|yours sincerely|yours truly|yours faithfully|yours
    respectfully|cordially|cheers|warmly|take care|talk soon|see you|see you soon|have a nice day
    have a great day|have a good day|have a great weekend|love|lots of love|hugs|xoxo|ciao|later|ttyl
    mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|mit freundlichem gruss
    freundliche grüße|freundliche grüsse|freundlicher gruß|viele grüße|viele grüsse|liebe grüße
    liebe grüsse|lieber gruß|beste grüße|beste grüsse|schöne grüße|herzliche grüße|herzliche grüsse
    herzlichst|mfg|lg|vg|bg|hochachtungsvoll|gruß|gruss|grüße|grüsse|mit besten grüßen
    mit besten grüssen|mit herzlichen grüßen|sonnige grüße|schönen gruß|alles liebe|alles gute
    cordialement|bien cordialement|très cordialement|cdt|cdlt|bien à vous|bien à toi|sincèrement
    sincères salutations|salutations|meilleures salutations|salutations distinguées|bonne journée
    bonne soirée|bien amicalement|amicalement|bises|bisous|à bientôt|respectueusement
    meilleurs sentiments|saludos|un saludo|saludos cordiales|un cordial saludo|cordialmente|atentamente
    atte|muy atentamente|reciba un cordial saludo|un abrazo|abrazos|besos|hasta pronto|cordiales saludos
    salutacions|salutacions cordials|atentament|saúdos|un saúdo|cumprimentos
    com os melhores cumprimentos|melhores cumprimentos|atenciosamente|att|abraço|abraços|um abraço
    saudações|cordiais saudações|respeitosamente|beijos|cordiali saluti|distinti saluti|saluti|un saluto
    un caro saluto|tanti saluti|cari saluti|i migliori saluti|a presto|buona giornata|in fede
    un abbraccio|baci|met vriendelijke groet|met vriendelijke groeten|vriendelijke groet
    vriendelijke groeten|groet|groeten|groetjes|mvg|hartelijke groet|hartelijke groeten
    met hartelijke groet|hoogachtend|liefs|gr|gr.|med vänlig hälsning|med vänliga hälsningar
    vänliga hälsningar|vänligen|hälsningar|hälsning|mvh|bästa hälsningar|varma hälsningar|allt gott|kram
    med venlig hilsen|venlig hilsen|venlige hilsner|hilsen|mange hilsner|de bedste hilsner
    bedste hilsner|kærlig hilsen|vh|mvh.|kh|dbh|hilsner|med vennlig hilsen|vennlig hilsen|beste hilsen
    hilsen fra|klem|med venleg helsing|venleg helsing|helsing|ystävällisin terveisin|parhain terveisin
    terveisin|terveiset|t.|yt|yst. terv.|ystävällisesti|kunnioittaen|kveðja|bestu kveðjur|með kveðju
    kær kveðja|s pozdravem|s pozdravom|s úctou|pěkný den|pekný deň|hezký den|zdraví|pozdrav
    s přátelským pozdravem|s priateľským pozdravom|pozdravuji|mějte se|pozdrawiam|z poważaniem
    z powazaniem|pozdrowienia|serdecznie pozdrawiam|z wyrazami szacunku|serdeczności|łączę pozdrowienia
    łączę wyrazy szacunku|miłego dnia|üdvözlettel|tisztelettel|üdv|üdvözlet|szép napot|köszönettel
    baráti üdvözlettel|szívélyes üdvözlettel|cu stimă|cu respect|cu drag|cu considerație|salutări
    o zi bună|numai bine|toate cele bune|cu prietenie|с уважением|с наилучшими пожеланиями|всего доброго
    всего хорошего|с приветом|искренне ваш|удачи|хорошего дня|до свидания|до встречи|з повагою
    з найкращими побажаннями|щиро ваш|гарного дня|усього найкращого|поздрави|с уважение|с поздрав
    с най-добри пожелания|срдачан поздрав|поздрав|s poštovanjem|srdačan pozdrav|lijep pozdrav
    lep pozdrav|lp|pozdravi|lepe pozdrave|s spoštovanjem|srdačno|puno pozdrava|pozz|parimat
    parimate soovidega|lugupidamisega|tervitades|ar cieņu|ar sveicieniem|pagarbiai|su pagarba
    geriausi linkėjimai|saygılarımla|saygılarımızla|saygılar|iyi çalışmalar|iyi günler|sevgiler|selamlar
    hürmetlerimle|kolay gelsin|με εκτίμηση|φιλικά|χαιρετισμούς|φιλικούς χαιρετισμούς
    με φιλικούς χαιρετισμούς|τα λέμε|me respekt|gjithë të mirat|të fala|בברכה|בכבוד רב|בתודה|יום טוב
    مع التحية|مع أطيب التحيات|مع خالص التحية|تحياتي|وتفضلوا بقبول فائق الاحترام|با احترام|با تشکر|सादर
    धन्यवाद|此致|敬礼|此致敬礼|祝好|顺祝商祺|謹啟|敬上|祝商祺|以上、よろしくお願いいたします|以上です|敬具|よろしくお願いいたします|よろしくお願いします|宜しくお願い致します
    감사합니다|드림|올림|trân trọng|thân mến|kính thư|salam|hormat saya|terima kasih|ขอแสดงความนับถือ
    ด้วยความเคารพ"""
)
# These end a letter too, but just as often they are the message itself.
THANKS = _phrases(
    """thanks|thank you|many thanks|thanks a lot|thanks so much|thank you so much|thank you very much
    thanks again|thanks in advance|thank you in advance|thx|tia|thnx|thanks and regards|thanks & regards
    thanks and best regards|ta|much appreciated|danke|vielen dank|danke schön|besten dank
    herzlichen dank|danke im voraus|merci|merci beaucoup|merci d'avance|merci par avance|gracias
    muchas gracias|gracias y saludos|mil gracias|obrigado|obrigada|muito obrigado|muito obrigada|grazie
    grazie mille|molte grazie|bedankt|dank je|dank u|alvast bedankt|hartelijk dank|tack|tack på förhand
    tusen tack|tak|mange tak|på forhånd tak|takk|tusen takk|på forhånd takk|kiitos|kiitos etukäteen
    kiitän|takk fyrir|děkuji|díky|předem děkuji|ďakujem|vďaka|dziękuję|dzięki|z góry dziękuję|köszönöm
    köszi|mulțumesc|mersi|спасибо|благодарю|дякую|благодаря|хвала|hvala|hvala lijepa|aitäh|tänan|paldies
    ačiū|teşekkürler|teşekkür ederim|ευχαριστώ|תודה|شكرا|谢谢|謝謝|ありがとうございます|cảm ơn|terima kasih
    merci de votre aide"""
)
# Regular expressions for what phones and apps write under a mail, without the name of the phone or app.
SENT_FROM = (
    (
        r"(?:sent|written|posted) (?:from|via|with|using|by|on) (?:my|an?|the|mail for|outlook|yahoo|gmail|proton|samsung|android"
        r"|mobile|blackberry|iphone|ipad|spark|type|aol|mailbird|canary|airmail|polymail|superhuman|missive|front|zoho|fastmail"
        r"|tutanota|hey|bluemail|nine|newton|mail\.ru|myMail|windows|surface|galaxy|nokia|k-9|thunderbird|edison|email"
        r"|shortwave|mimestream|workspace|rogers|vodafone|telstra|xfinity)"
    ),
    r"sent from \w{2,30}$",
    r"get (?:outlook|bluemail) for ",
    r"(?:outlook|yahoo mail)(?: mobile)? (?:für|for|per|para|pour|voor) (?:ios|android)(?: (?:herunterladen|beziehen|downloaden|ophalen))?$",
    r"(?:von|mit) mein(?:em|er)(?:/mein(?:em|er))? \S.{0,60} ges(?:endet|chickt)|diese nachricht wurde (?:von|mit) .{2,60} (?:gesendet|verschickt|versandt)",
    r"(?:gesendet|verschickt|geschickt|versandt) (?:von|mit|aus|über|via|mobil)\b|von unterwegs gesendet|(?:holen sie sich|beziehen sie) outlook",
    r"envoyé(?:e)? (?:de|depuis|à partir de?|avec|par|via|du|d['’])|télécharge[rz] outlook|obtenez outlook|provenance : courrier",
    r"enviado (?:desde|de|do|a partir|con|com|por|via|vía|através)\b|obtener outlook|obter o outlook|descargar outlook|baixar o outlook",
    r"inviat[oa] (?:da|dal|dallo|con|tramite|via)\b|(?:scarica|ottieni) outlook|enviat des d",
    r"(?:verzonden|verstuurd|gestuurd) (?:vanaf|vanuit|met|via|door|van)\b|(?:outlook voor|download outlook)",
    r"skickat (?:från|med|via)\b|(?:hämta|skaffa) outlook|sendt (?:fra|med|via|frå)\b|(?:hent|få|skaff) outlook|sent úr|sent frá",
    r"lähetetty \S|lähetin \S.{2,40}lla|hanki outlook|saadetud minu|nosūtīts no|išsiųsta iš|išsiųsta naudojant",
    r"odesláno (?:z|ze|pomocí|přes)\b|(?:získejte|stáhnout) outlook|odoslané (?:z|zo|pomocou)\b|poslané z|posláno z",
    r"wysłane? (?:z|ze|za pomocą|przez|przy)\b|wysłano (?:z|ze|za|przez)\b|pobierz outlook|uzyskaj outlook",
    r"(?:küldve|elküldve) \S|iphone-omról|az? \S{2,30}(?:ról|ről|mról|mről) küldve|trimis (?:de pe|din|cu|de la|prin)\b|obțineți outlook",
    r"отправлено (?:с|со|из|через|при помощи)\b|надіслано (?:з|із|через|за допомогою)\b|відправлено з|изпратено от|послато са|скачать outlook|послано з",
    r"poslano (?:iz|s|sa|z|putem|preko)\b|poslato (?:sa|iz|preko)\b|preuzmite outlook|στάλθηκε από|αποστολή από|dërguar nga",
    r".{2,60}(?:dan|den|tan|ten) gönderildi|outlook.{0,20} edinin",
    r"발신|나의 .{2,20}에서 보냄|.{2,30}에서 보냄$|.{2,30}から送信(?:されました|した)?$|.{2,30}より送信$|(?:发|發)自.{2,30}$|從我的 .{2,20} ?傳送|从我的 .{2,20}发送|获取 outlook",
    r"נשלח מ|أرسلت من|تم الإرسال من|مرسل من|ارسال شده از|मेरे .{2,30} से भेजा|được gửi từ|gửi từ |dikirim dari|dihantar (?:dari|daripada)|ส่งจาก",
)
