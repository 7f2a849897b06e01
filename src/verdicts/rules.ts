// The rules for judging a refusal: the first that matches decides. Rules for `somebody else` come first, because a
// server that names its policy may also use the words or the status of a missing mailbox.
export type Verdict =
  /** The mailbox does not exist, or is closed. The only verdict that counts against a mailbox. */
  | "mailbox"
  /** The mailbox exists but accepts no mail at present: it is full, or mail arrives too fast. */
  | "for a while"
  /** Policy, reputation, content, authentication, the sender's limits, routing, size; and everything that nobody knows. */
  | "somebody else";

/** The input of a rule. */
export interface Evidence {
  /** In upper case; "" if a notification does not name it. */
  command: string;
  /** The reply's three digits, or "". */
  code: string;
  /** Every meaningful enhanced status, the server's own first. X.0.0 has no meaning. */
  statuses: string[];
  /** In lower case, on one line, without codes, addresses, links, host names and accents. */
  words: string;
  /** The server names an address that is not the recipient's. */
  ofAnother: boolean;
}

interface Rule {
  why: string;
  verdict: Verdict;
  holds(evidence: Evidence): boolean;
}

/** All given conditions have to hold. */
interface Conditions {
  words?: RegExp;
  /** Holds where one of the statuses matches. */
  status?: RegExp;
  /** Holds if there is a status and all of them match. */
  everyStatus?: RegExp;
  /** As everyStatus, or if there is no status at all. */
  noOtherStatus?: RegExp;
  code?: RegExp;
  /** An unknown command is "". */
  command?: RegExp;
  ofAnother?: true;
}

const somebodyElse = rule.bind(undefined, "somebody else");
const forAWhile = rule.bind(undefined, "for a while");
const mailbox = rule.bind(undefined, "mailbox");

/** Between a mailbox and a statement about it: nothing that makes it a sentence about something else, or ends it. */
const gap = (most: number) =>
  `(?:(?!domain|host|server|\\bmx\\b|\\bdns\\b|sender|\\broute|\\brelay|list\\b|\\bbut\\b|\\bcount\\b|[.;!?] ).){0,${most}}?`;
const mailboxItself = "(?:mail ?box|inbox|mail ?drop|recipient|addressee|e-?mail (?:address|account))";
/** With the words that a server also uses for the sender's side. */
const box = `(?<!\\bip |\\bnetwork |\\bfrom )(?:${mailboxItself}|user ?(?:id|name)?|account|mail (?:address|account)|address|alias|person|local part|subscriber|customer)`;
const missing =
  "(?:unknown|not known|(?:does|do|did)(?: not|n't| no) (?:seem to )?exist|not exists?|non-?exist[ae]nt|not (?:be )?found|couldn't be found|could not be found|cannot be found|invalid|not (?:a )?valid|doesn't have an?|not have an?|not on file|not listed in .{0,30}(?:directory|address ?book)|not registered|not recogni[sz]ed)";
const closed =
  "(?:disabled|inactive|de-?activated|closed(?! to)|suspended|terminated|deleted|removed|discontinued|cancel+ed|expired|decommissioned|blocked due to inactivity|no longer (?:exists?|active|valid|in use|used|available|monitored|accepts?|works?|employed|with))";

/** A refusal of the recipient, or one of an unknown command. */
const ofRecipient = /^(?:RCPT TO|)$/;
/**
 * How Exchange Online says that its directory has no such recipient (directory-based edge blocking): with a mark of its own, and
 * since 2024 with the name of its server, the moment and an id. https://learn.microsoft.com/exchange/troubleshoot/email-delivery/ndr/fix-error-code-550-5-4-1-in-exchange-online
 */
const edgeBlocking = /recipient address rejected: access denied.*(?:as\(201806281\)|\[ ?\d{4}-\d\d-\d\d ?t[\d:.]+z [\da-f]{16}\])/;
const accessDenied = new RegExp(`^(?!.*${edgeBlocking.source}).*access denied`);
/** Statuses that leave the blame open, and those that are about the mailbox. */
const openStatus = /^(?:5\.1\.[01]|5\.2\.[01]|5\.5\.0)$/;

export const rules: readonly Rule[] = [
  // The sender, the route, the mail: whatever else is said.
  somebodyElse("the connection, the login or the sender was refused", { command: /^(?!(?:RCPT TO|DATA|BDAT|\.|)$)/ }),
  somebodyElse("another address is meant", { ofAnother: true }),
  somebodyElse("the command was not understood", { code: /^(?:50[0-4]|555)$/ }),
  somebodyElse("the address is not written as the server wants it", { status: /^5\.1\.3$/ }),
  somebodyElse("the address is not written as the server wants it", { words: /\bsyntax/ }),
  somebodyElse("login", { code: /^5(?:30|34|35|38)$/ }),
  somebodyElse("login", {
    words:
      /\bauthenticat|\bpassword\b|\bcredentials\b|invalid user ?name|\blog in with\b|\blog ?in (?:first|required|failed)|\bapi[- ]?key|smtp ?auth\b|must issue a starttls|\btls\b/,
  }),
  somebodyElse("sender", { status: /^5\.1\.(?:[78]|9\d)$/ }),
  somebodyElse("sender", {
    words:
      /(?<!return(?:ed|ing|s)? (?:to )?(?:the )?)\bsenders?\b|\bsending (?:domain|account|address|server)\b|\bmail from\b|\bfrom[: ]+(?:address|header|domain)|\bfrom: |\breturn[- ]path|\breverse[- ]path|\benvelope (?:from|address)|\bmailfrom\b|\breply-?to\b|\bfrom user\b|\bbounce address|\boriginat(?:or|ing)\b|\bsource (?:address|account)|\b(?:client|remote|connecting|peer|submitting) (?:address|user|account)|connections? from|\boutgoing\b|\boutbound\b|(?:blocked|disabled|suspended|used|allowed|enabled|able|cannot|can't|failure) (?:for |from |to )?send(?:ing)?\b|expediteur|emetteur|expedition|\benvoi\b|absender|versender|remitente|emisor\b|(?:de|para) (?:envio|enviar)\b|remetente|emissor\b|mittente|afzender|nadawc|avsandar|afsender|lahettaj|odesilatel|felado|gonderen|відправник|отправител|送信者|送信元|差出人|[发發][件信][人方者]|寄件[人者]|발신|송신자|보내는 ?(?:사람|이)|보낸 ?(?:사람|이)|المرسل(?!\s*إليه)/,
  }),
  somebodyElse("unverified sender", { words: /not verified|identity|identities|sandbox/ }),
  somebodyElse("your account, network or server", {
    words:
      /\byour (?:account|ip|network|server|host|domain|mail ?server|isp|e-?mail (?:service|provider|server)|organi[sz]ation|mta|reverse|subscription|quota|plan|limit|connection|reputation)\b|\bip\b|licen[sc]e|\btrial\b|billing|payment|\bupgrade\b|hosting|\bsmtp (?:user|account)/,
  }),
  somebodyElse("block list", {
    words:
      /(?:block|black|deny|white|drop|grey|gray|allow)[ -]?list|\brbl\b|dnsbl|\bdrbl\b|spamhaus|\bzen\b|barracuda|spamcop|\bsorbs\b|abusix|uceprotect|spamrats|cloudmark|proofpoint|senderbase|senderscore|invaluement|(?<!not )listed (?:at|by|on|in)\b|\bblocked (?:using|by)\b|\bs31[45]0\b|\bs7\d\d\b|sperrliste|liste (?:noire|de blocage)|lista (?:negra|nera|de bloqueo|de bloqueios)|чёрн|черн|黑名单|ブラックリスト|拒否リスト|القائمة السوداء/,
  }),
  somebodyElse("block list", {
    words: /client host|\b(?:ip|network|client|server|connection|sending)\b.{0,60}\b(?:blocked|banned|listed|throttled)\b/,
  }),
  somebodyElse("a list of addresses that bounced", { words: /suppress|(?:previous|previously|already|has|have) bounce[sd]?\b/ }),
  somebodyElse("reputation", { words: /reputation|\bpoor\b|bad neighbou?r|suspicious|complaints?\b|abus(?:e|ive)|\bhoneypot|spam ?trap/ }),
  somebodyElse("spam", { words: /\bspam|unsolicited|\bbulk\b|\bjunk\b|phish|\bube\b|\buce\b|スパム|迷惑メール|垃圾|спам/ }),
  somebodyElse("sender's domain", { words: /\bspf\b|\bdkim\b|\bdmarc\b|\barc\b|\bptr\b|reverse dns|\brdns\b|fcrdns|\bhelo\b|\behlo\b/ }),
  somebodyElse("relay", {
    words:
      /\brelaying|relay (?:access|is|was|not|denied|prohibited|forbidden|refused)|(?:not|cannot|can't|don't|unable|permitted|allowed|refus\w+|no) (?:to )?relay|rcpthosts|tenantattribution|not (?:a )?local (?:domain|to)|accepted domain/,
  }),
  somebodyElse("sender's limits", {
    words:
      /(?:daily|hourly|monthly|sending|outbound|outgoing|submission|sent|external|tenant) ?(?:user )?(?:sending )?(?:rate |message |mail |e-?mail |recipient )?(?:limit|quota)|too many (?:messages|recipients|connections|errors|e-?mails|mails|invalid|unknown|concurrent|sessions|attempts)|(?:limit|quota) (?:on|for) (?:sending|the number)|rate[- ]?limit|\brate exceeded|recipients? count|threshold|harvest|throttl|maximum (?:sending|send|number)|send(?:ing)? rate|(?:messages?|recipients?|connections?) per (?:day|hour|minute|second|connection|session)/,
  }),
  somebodyElse("mail loop", { words: /\bloop|\bhops?\b|hop count|too many received/ }),
  somebodyElse("size", { status: /^5\.(?:2\.3|3\.4)$/ }),
  somebodyElse("size", {
    words:
      /too (?:large|big|long)|larger than|message ?size|(?<!mailbox )size (?:limit|exceed|restriction)|maximum (?:message )?size|exceeds? (?:the )?(?:fixed |administrative )?(?:max|size)/,
  }),
  somebodyElse("content", {
    words:
      /virus|malware|trojan|\bcontent|attachment|executable|\bheaders?\b|\bmime\b|bare (?:lf|cr)|line (?:too|length)|\brfc ?\d{3,4}|non[- ]compliant|smtputf8|utf-?8|non[- ]ascii|internationali[sz]ed/,
  }),
  somebodyElse("access denied", { words: accessDenied }),
  somebodyElse("policy", {
    words:
      /polic(?:y|ies)|polit(?:ique|ica)|richtlini|политик|ポリシー|策略|\bprohibit|not (?:been )?(?:authori[sz]ed|permitted|allowed)|unauthori[sz]ed|no permission|permissions?\b|forbidden|restrict|administrative|by (?:the )?administrator|\brules?\b|\bfilter|\bdenied by|service (?:refuse|refused|unavailable)|only (?:accepts?|allowed|internal)|\bnotauth|accept(?:s|ed|ing)? .{0,40}\bfrom\b|from (?:outside|external)|challenge|countr(?:y|ies)\b|\bgeo|contact list|safe contacts|정책|권한|\brrvs\b/,
  }),
  somebodyElse("the domain", {
    words:
      /\b(?:unknown|invalid|no such|unconfigured|non-?existent|bad|illegal) (?:or \w+ )?(?:recipient |destination |local |e?-?mail )*(?:domain|host)\b|\bdomain\b.{0,50}(?:n't exist|\bnot (?:exist|found|known|valid|configured)|\bunknown|\binvalid|suspended|disabled|expired|closed|inactive)|\bdomaine\b|\bdomini[oa]\b|\bdomen[ay]?\b|\bdomane\b|домен|域名|ドメイン|도메인/,
  }),
  somebodyElse("the server's own trouble", {
    words: /\bldap\b|\bdatabase\b|\bdb\b|maintenance|(?:internal|configuration|system|server) error|\bback-?end\b/,
  }),
  somebodyElse("routing", {
    words:
      /unrout(?:e)?able|no route|routing|(?<!null )\bmx\b|(?:lookup|look-up|resol(?:ve|ution)|name service) (?:error|fail|timed)|timed? ?out|time[- ]out|connection (?:refused|lost|reset|timed|failed)|unreachable|(?:message|delivery|queue|time).{0,20}expired|max(?:imum)? (?:time|retries|retry)|retry (?:time|limit)|not responding|no answer/,
  }),
  somebodyElse("a list", { status: /^5\.2\.4$/ }),

  // The mailbox exists, but accepts nothing at present.
  forAWhile("receiving rate", {
    words:
      /\b(?:receiv|get)\w*.{0,40}(?:\brate\b|too (?:fast|quick|many|much|frequent)|faster|quickly|frequen)|delivery rate|recipient thread limit/,
  }),
  forAWhile("full", {
    words:
      /(?:over|exceed\w*|above|out of|reached|insufficient|beyond|not enough).{0,40}\b(?:quota|storage|space|allocation|capacity)|quota.{0,30}(?:exceed|full|reached|violation|depasse|superad|excedid|ueberschritten|uberschritten|superata|переполн|превыш)|\bover ?quota|(?:mail ?box|inbox|folder|account|user|recipient|box|maildir|storage|disk|postfach|boite|boite aux lettres|buzon|caixa|casella).{0,60}\b(?:full|voll|pleine?|llen[oa]|cheia|piena|saturee?|overdrawn)\b|\bno space\b|disk full|переполнен|превышен|満杯|いっぱい|容量|已满|空间不足|용량|ممتلئ|mapi.{0,20}quota|quotaexceeded|(?:mail ?box|inbox|storage|quota)\b.{0,20}\blimit\b.{0,20}(?:exceed|reach)|mail ?box exceeds|mail ?box limit|\blimit uberschritten|przepelnion|przepełnion|disque insuffisant|(?:excedido|superado) su cuota/,
  }),
  forAWhile("full", { status: /^[45]\.2\.2$/ }),
  forAWhile("not for now", {
    words: new RegExp(`${box}.{0,60}(?:temporar|busy|\\blocked|for now|at this time|currently|try (?:again )?later)`),
  }),
  somebodyElse("for now", {
    words: /temporar|\blater\b|greylist|graylist|essayer|reessay|spater|mas tarde|mais tarde|piu tardi|позже|稍后/,
  }),
  forAWhile("the mailbox, for now", { everyStatus: /^4\.(?:1\.[01356]|2\.\d+)$/ }),
  somebodyElse("for now", { code: /^4/ }),
  somebodyElse("for now", { status: /^4\./ }),
  somebodyElse("not known yet", { words: /\bverification in progress/ }),

  // Evidence against the mailbox.
  mailbox("no such mailbox", { words: new RegExp(`\\b${box}s?\\b${gap(50)}\\b${missing}`) }),
  mailbox("no such mailbox", {
    words: new RegExp(
      `\\b(?:unknown|no such|invalid|not an? valid|non-?existent|bad|illegal|incorrect|nonexistent) (?:or \\w+ |virtual |local |known |valid |destination |mail(?:box)? |e-?mail |recipient |user |rcpt )*${box}`,
    ),
  }),
  mailbox("no such mailbox", {
    words:
      /no (?:mail ?box|user|account|recipient)s? (?:here|by|with|for|found|named|of)\b|no such (?:user|person|recipient|mailbox|account|address|e-?mail|id|alias)|nobody (?:here|by that name)|no one (?:here|at this address|with that)|not (?:our|a) customer|not a known user|user[- ]?(?:not[- ]?found|unknown)|recip(?:ient)?notfound|recipnotfound|recipientnotfound|mailboxnotfound|address (?:not|was not|wasn't) found|\b(?:sorry,? )?i couldn't find any mailbox|recipient .{0,20}has null mx|null mx/,
  }),
  mailbox("no such mailbox", {
    words:
      /(?:benutzer|empfanger|empfaenger|adressat|postfach|mailbox|konto|adresse).{0,40}(?:unbekannt|existiert nicht|nicht gefunden|nicht vorhanden|nicht bekannt|ungultig|ungueltig)|(?:unbekannte[rs]?|ungultige[rs]?|kein) (?:benutzer|empfanger|empfaenger|postfach|adressat)/,
  }),
  mailbox("no such mailbox", {
    words:
      /(?:utilisateur|destinataire|compte|adresse|boite(?: aux lettres)?|usager|correspondant).{0,50}(?:inconnue?|inexistante?|n'existe (?:pas|plus)|introuvable|invalide|non trouvee?|desactivee?)|(?:aucun|pas de) (?:utilisateur|destinataire|compte|boite)/,
  }),
  mailbox("no such mailbox", {
    words:
      /(?:usuario|utilizador|destinatario|cuenta|conta|buzon|casilla|caixa postal|caixa de correio|direccion|endereco|utente|casella|indirizzo|account).{0,50}(?:desconocid[oa]|desconhecid[oa]|inexistente|no existe|nao existe|no encontrad[oa]|nao encontrad[oa]|no se encontro|sconosciut[oa]|non esiste|non trovat[oa]|invalid[oa]|inativ[oa]|inactiv[oa]|disattivat[oa]|deshabilitad[oa]|desativad[oa])/,
  }),
  mailbox("no such mailbox", {
    words:
      /(?:gebruiker|ontvanger|postvak|mailbox).{0,40}(?:onbekend|bestaat niet|niet gevonden)|(?:uzytkownik|odbiorca|skrzynka|konto|adres).{0,40}(?:nieznan|nie istnieje|nie znaleziono)|nie ma takiego (?:konta|uzytkownika|adresu)|(?:пользовател|получател|адресат|почтовы[ий] ящик|ящик|адрес|аккаунт).{0,50}(?:не на[ий]ден|не существует|неизвест|неверн|отключ|удал[её]н|заблокирован за неактивность)|(?:нет такого|такого) (?:пользовател|адрес|ящик|получател)/,
  }),
  mailbox("no such mailbox", {
    words:
      /(?:onbekende|ukjent|ukendt|okand) (?:gebruiker|ontvanger|bruger|bruker|modtager|mottaker|anvandare|mottagare)|(?:brukeren|mottakeren|brugeren|modtageren|anvandaren|mottagaren) (?:finnes|findes|finns) (?:ikke|inte)|(?:kayttajaa|vastaanottajaa) ei loydy|(?:uzivatel|prijemce) (?:neexistuje|nenalezen)|nieznan[ya] (?:uzytkownik|użytkownik|odbiorca|adres)|(?:użytkownik|uzytkownik) nie istnieje|(?:kullanıcı|kullanici|alıcı|alici) (?:bulunamadı|bulunamadi)|(?:користувача|одержувача|скриньку) не (?:знаидено|знайдено|існує)|no existe (?:el |la )?(?:usuario|destinatario|cuenta|buzon)|查無此人/,
  }),
  mailbox("no such mailbox", {
    words:
      /(?:ユーザー?|ユーサー?|宛先|受信者|アカウント|アカウント|メールアドレス|メールアトレス|メールボックス|メールホックス).{0,30}(?:存在しません|存在しない|見つかりません|不明)|宛先不明|(?:用户|收件人|邮箱|帐号|账号|地址|使用者|信箱).{0,20}(?:不存在|未知|无效|找不到|停用|已注销|被禁用)|(?:사용자|받는 사람|수신자|메일함|계정|메일 주소).{0,20}(?:존재하지 않|찾을 수 없)|(?:사용자|받는 사람|수신자|메일함|계정|메일 주소)(?:이|가) 없|존재하지 않는 (?:사용자|수신자|계정|메일)|(?:المستخدم|المستلم|المرسل إليه|صندوق البريد|العنوان|الحساب).{0,40}(?:غير موجود|غير معروف|لا يوجد|غير صالح)/,
  }),
  mailbox("a server's mark for a missing recipient", {
    words: edgeBlocking,
    command: ofRecipient,
  }),
  mailbox("closed", { words: new RegExp(`\\b${box}s?\\b${gap(60)}\\b${closed}`), status: /^5\.[125]\./ }),
  mailbox("closed", {
    words: new RegExp(`\\b${mailboxItself}\\b${gap(60)}\\b${closed}|^[: ]*user suspended(?: \\(.*)?$`),
    command: ofRecipient,
    code: /^55[0-4]$/,
    noOtherStatus: openStatus,
  }),
  mailbox("closed", {
    words: /your message to … cannot be delivered\. this (?:account|mailbox) (?:is|has been) (?:disabled|discontinued)/,
  }),
  mailbox("closed", {
    words: /storedrv\.deliver.{0,60}(?:accountdisabled|mailboxdisabled|userdisabled)|mailboxunavailable|account is unavailable/,
  }),
  mailbox("mailbox unavailable", {
    words:
      /^(?:[^.]{0,60}[ :,])?(?:mailbox|account|user|recipient)(?: is)?(?: not available| unavailable)\b[.!]?(?: ?[([].*| for (?:explanation|more|further) .*)?$/,
    command: ofRecipient,
    code: /^55[0-4]$/,
    noOtherStatus: openStatus,
  }),
  somebodyElse("what another server said is not evidence enough", { words: /undeliverable address ?: ?\S/ }),
  mailbox("the status of a missing mailbox", { everyStatus: /^5\.1\.(?:1|6|10)$/, command: /^(?:RCPT TO|DATA|BDAT|\.|)$/ }),

  forAWhile("the mailbox takes no messages", { everyStatus: /^5\.2\.1$/ }),
];

function rule(verdict: Verdict, why: string, { words, status, everyStatus, noOtherStatus, code, command, ofAnother }: Conditions): Rule {
  return {
    why,
    verdict,
    holds: (evidence) =>
      (words === undefined || words.test(evidence.words)) &&
      (status === undefined || evidence.statuses.some((each) => status.test(each))) &&
      (everyStatus === undefined || (evidence.statuses.length > 0 && evidence.statuses.every((each) => everyStatus.test(each)))) &&
      (noOtherStatus === undefined || evidence.statuses.every((each) => noOtherStatus.test(each))) &&
      (code === undefined || code.test(evidence.code)) &&
      (command === undefined || command.test(evidence.command)) &&
      (ofAnother === undefined || evidence.ofAnother),
  };
}
