/** Capitalised words that stand where names do: after "Viele Grüße", "Hallo", "Mein Name ist". */
const NO_NAMES: ReadonlySet<string> = new Set(`
team serviceteam kundenservice kundendienst kundenbetreuung support service helpdesk ihr ihre ihnen ihren sie du dir euch euer eure eurem uns wir ich er es kunde kunden kundin customer customers damen herren sir madam
kollegen kolleginnen freunde leute zusammen allerseits nachbarn mieter vermieter papa mama mutter vater oma opa mum dad all everyone there folks friend friends beneficiary
verein kita schule grundschule gymnasium firma gmbh ag kg ev hausverwaltung hausmeister pressestelle pfarramt pfarrei gemeinde stadt landkreis feuerwehr sportverein tsv sv fc tus büro praxis hotel gasthof pension café restaurant werkstatt
schreinerei tischlerei malerbetrieb bauunternehmen universität hochschule institut redaktion theater festausschuss elternbeirat förderverein zustellservice messeteam it hr pta council charity school church
montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz april mai juni juli august september oktober november dezember
monday tuesday wednesday thursday friday saturday sunday january february march june july october december
danke dank bitte gruß grüße viele liebe beste mit hallo hi hey guten tag abend morgen sehr ps vg lg mfg von aus auf an am im in der die das den ein eine und oder nicht
ihrer seiner meiner meines unserer cheers sincerely yours respectfully faithfully kollege kollegin marktleiter marktleitung doktor nachbar barrister
sent thanks thank kind best regards dear hello good please the this that it is and or not no yes my your our
kundennummer bestellnummer auftragsnummer rechnungsnummer telefon telefonnummer tel handy adresse anschrift kontakt phone address mobile email mail fax datum betreff name vorname nachname
frau herr herrn familie fräulein holle dr mr mrs ms miss prof
muscle proper clean longarm hinch oetker martens beckmann best schutz bean wick
`.trim().split(/\s+/))

/** Ends of words that no name has: Bestellnummer, Kundendienst, Hausverwaltung. */
const NO_NAME_ENDS = /(?:nummer|nr|dienst|service|team|verwaltung|abteilung|mannschaft|verein|schule|betrieb|markt|shop|gmbh)$/

const FUNCTION_WORDS: ReadonlySet<string> = new Set(`
und oder aber ich du er sie es wir ihr mein meine der die das den dem ein eine ist war hat habe hab bin aus von vom mit für fuer zu zum im in am an auf bei wo wie was wann warum kann könnt koennt will möchte moechte brauche
bräuchte suche hätte wollte nochmal hier danke bitte gibt gibts also äh ähm ja nein nicht wohnhaft wohne geboren falsch anders richtig doppelt jetzt nun seit noch egal
and or but i you he she it we they my your the a an is was has have had am are from of with for to in at on by where how what when why can could will would need want looking calling here please thanks um uh so not got wrong misspelt misspelled spelled spelt now still
`.trim().split(/\s+/))

/** Whether a word in the place of a name is none. */
export function isNoName (word: string): boolean {
  const plain = word.toLowerCase().replace(/[.,]$/, '')
  return NO_NAMES.has(plain) || NO_NAME_ENDS.test(plain)
}

/** Whether a word in lower case after a first name goes on with the sentence. */
export function isFunctionWord (word: string): boolean {
  return FUNCTION_WORDS.has(word.toLowerCase())
}

const GERMAN = /(?<!\p{L})(?:ist|ich|mit|nicht|für|fuer|das|bitte|eine?|wie|mein|kann|gr[uü](?:ß|ss)e?n?|gruesse|danke?|herrn?|frau|familie|hallo|liebe[rs]?|lg|mfg)(?!\p{L})/giu
const ENGLISH = /(?<!\p{L})(?:the|is|my|you|for|your|with|how|can|have|regards|thanks?|wishes|sincerely|faithfully|yours|cheers|dear|hello|mrs?|ms)(?!\p{L})/giu

/** Good enough to choose between two surrogates; counts no word that is part of a name, so redaction does not change it. */
export function isEnglish (text: string): boolean {
  return (text.match(ENGLISH)?.length ?? 0) > (text.match(GERMAN)?.length ?? 0)
}
