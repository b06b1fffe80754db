/**
 * Sentences that a person at any desk would pass on without a second thought, by label of the taxonomy. Written for
 * these tests: never put one into a training split.
 */
export const SENTENCES: Readonly<Record<string, Readonly<Record<'de' | 'en', readonly string[]>>>> = {
  garden: {
    de: ['Welchen Dünger nehme ich im Frühjahr für meinen Rasen?', 'Wie oft muss ich eine Hortensie gießen?', 'Was hilft gegen Schnecken im Gemüsebeet?'],
    en: ['Which fertiliser should I use for my lawn in spring?', 'How often do I have to water a hydrangea?', 'What helps against slugs in the vegetable bed?']
  },
  tools: {
    de: ['Welchen Akkuschrauber empfehlen Sie für Einsteiger?', 'Welchen Bohrer brauche ich für Beton?', 'Wie viel Bar sollte ein Hochdruckreiniger haben?'],
    en: ['Which cordless drill do you recommend for beginners?', 'What drill bit do I need for concrete?', 'Which blade fits my circular saw?']
  },
  paint: {
    de: ['Welche Wandfarbe deckt mit einem Anstrich?', 'Wie tapeziere ich mit Vliestapete?', 'Muss ich vor dem Lackieren grundieren?'],
    en: ['Which wall paint covers in one coat?', 'How do I hang non-woven wallpaper?', 'Do I need a primer before varnishing?']
  },
  flooring: {
    de: ['Welche Trittschalldämmung kommt unter Laminat?', 'Wie verlege ich Klickvinyl?', 'Welcher Fugenmörtel passt zu Bodenfliesen?'],
    en: ['What underlay goes under laminate?', 'How do I lay click vinyl flooring?', 'Which grout is right for floor tiles?']
  },
  bathroom: {
    de: ['Wie wechsle ich die Dichtung am Wasserhahn?', 'Welcher Siphon passt unter mein Waschbecken?', 'Meine neue Dusche soll bodengleich werden, welche Rinne brauche ich?'],
    en: ['How do I change the washer of a tap?', 'Which trap fits under my wash basin?', 'What toilet seat has a soft-close lid?']
  },
  kitchen: {
    de: ['Welche Arbeitsplatte eignet sich für eine kleine Küche?', 'Passt dieser Geschirrspüler in einen 45-cm-Schrank?', 'Welche Dunstabzugshaube ist leise?'],
    en: ['Which worktop is best for a small kitchen?', 'Does this dishwasher fit into a 45 cm unit?', 'Which cooker hood is quiet?']
  },
  electrical: {
    de: ['Welches Kabel brauche ich für eine neue Steckdose?', 'Welcher Dimmer passt zu LED-Lampen?', 'Wie schließe ich ein Balkonkraftwerk an?'],
    en: ['Which cable do I need for a new socket?', 'Which dimmer works with LED bulbs?', 'How do I connect a smart doorbell camera?']
  },
  heating: {
    de: ['Welches Thermostat passt auf meinen Heizkörper?', 'Welches Klimagerät reicht für 30 Quadratmeter?', 'Darf ich einen Kaminofen selbst anschließen?'],
    en: ['Which thermostat fits my radiator?', 'What air conditioner is enough for 30 square metres?', 'Which dehumidifier do I need for a damp cellar?']
  },
  building: {
    de: ['Wie viele Säcke Zement brauche ich für ein Fundament?', 'Welche Dämmung kommt zwischen die Dachsparren?', 'Welche Gipskartonplatten nehme ich für eine Trennwand?'],
    en: ['How many bags of cement do I need for a foundation?', 'What insulation goes between the rafters?', 'Which timber should I use for a terrace deck?']
  },
  doors_windows: {
    de: ['Welches Türschloss ist einbruchsicher?', 'Wie messe ich ein Fenster für ein Rollo aus?', 'Welches Fliegengitter passt an eine Balkontür?'],
    en: ['Which door lock is burglar-proof?', 'How do I measure a window for a roller blind?', 'Which insect screen fits a balcony door?']
  },
  living: {
    de: ['Welches Regal trägt 50 Kilo pro Boden?', 'Gibt es den Kleiderschrank auch mit Spiegeltüren?', 'Welche Aufbewahrungsboxen passen unters Bett?'],
    en: ['Which shelf carries 50 kilos a board?', 'Does the wardrobe come with mirrored doors?', 'Which storage boxes fit under a bed?']
  },
  order_delivery: {
    de: ['Wo bleibt meine Bestellung?', 'Kann ich die Lieferadresse noch ändern?', 'Ich möchte meine Bestellung stornieren.'],
    en: ['Where is my order?', 'Can I still change the delivery address?', 'I would like to cancel my order.']
  },
  returns_refunds: {
    de: ['Wie kann ich einen Artikel zurückgeben?', 'Wann bekomme ich das Geld für meine Rücksendung?', 'Ich brauche ein Retourenetikett.'],
    en: ['How can I return an article?', 'When do I get the refund for my return?', 'I need a return label.']
  },
  warranty_complaint: {
    de: ['Der Artikel kam beschädigt an.', 'Meine Bohrmaschine ist nach drei Monaten kaputt, habe ich Garantie?', 'In der Packung fehlen Teile.'],
    en: ['The article arrived damaged.', 'My drill broke after three months, is it under warranty?', 'There are parts missing in the box.']
  },
  payment_invoice: {
    de: ['Kann ich auf Rechnung bezahlen?', 'Ich brauche eine Kopie meiner Rechnung.', 'Der Betrag wurde zweimal abgebucht.'],
    en: ['Can I pay by invoice?', 'I need a copy of my invoice.', 'The amount was charged twice.']
  },
  availability: {
    de: ['Ist der Artikel in meinem Markt vorrätig?', 'Wann ist das Produkt wieder lieferbar?', 'Können Sie mir zwei Stück zur Abholung reservieren?'],
    en: ['Is this article in stock in my store?', 'When will the product be available again?', 'Can you reserve two pieces for me to collect?']
  },
  store_info: {
    de: ['Wann hat der Markt am Samstag geöffnet?', 'Darf ich meinen Hund mit in den Markt nehmen?', 'Wie lautet die Adresse Ihrer Filiale?'],
    en: ['When is the store open on Saturday?', 'May I bring my dog into the store?', 'What is the address of your branch?']
  },
  services: {
    de: ['Kann man bei Ihnen einen Anhänger mieten?', 'Schneiden Sie Holzplatten auf Maß zu?', 'Machen Sie auch Schlüssel nach?'],
    en: ['Can I hire a trailer from you?', 'Do you cut timber boards to size?', 'Do you also cut keys?']
  },
  account_app: {
    de: ['Ich habe mein Passwort vergessen.', 'Wie lösche ich mein Kundenkonto?', 'Warum fehlen Punkte auf meiner Kundenkarte?'],
    en: ['I have forgotten my password.', 'How do I delete my customer account?', 'Why are there points missing on my loyalty card?']
  }
}

/** No desk's business: a person must read them. */
export const OUT_OF_SCOPE_SENTENCES: Readonly<Record<'de' | 'en', readonly string[]>> = {
  de: [
    'Wie wird das Wetter morgen in Hamburg?', 'Ich bewerbe mich um eine Ausbildung als Kauffrau im Einzelhandel.', 'Wer hat gestern das Länderspiel gewonnen?',
    'asdf jklö', 'Erzähl mir einen Witz.', 'Jetzt kostenlos Bitcoin verdienen, hier klicken!'
  ],
  en: [
    'What will the weather be like in London tomorrow?', 'I would like to apply for a job as a cashier.', 'Who won the match last night?',
    'qwerty uiop', 'Tell me a joke.', 'Earn free bitcoin now, click here!'
  ]
}
