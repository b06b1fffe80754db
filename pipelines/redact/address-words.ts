/** Austrian and Swiss post codes look like years and quantities: without a street before it, the town must be known. */
export const TOWNS_WITH_FOUR_DIGITS: ReadonlySet<string> = new Set([
  'Wien', 'Graz', 'Linz', 'Salzburg', 'Innsbruck', 'Klagenfurt', 'Villach', 'Wels', 'St.', 'Sankt', 'Dornbirn', 'Steyr', 'Feldkirch', 'Bregenz', 'Leonding', 'Klosterneuburg', 'Baden', 'Wolfsberg', 'Krems', 'Traun', 'Amstetten', 'Kapfenberg',
  'Mödling', 'Hallein', 'Kufstein', 'Traiskirchen', 'Schwechat', 'Braunau', 'Stockerau', 'Eisenstadt', 'Leoben', 'Bad', 'Lienz', 'Tulln',
  'Zürich', 'Genf', 'Basel', 'Lausanne', 'Bern', 'Winterthur', 'Luzern', 'Lugano', 'Biel', 'Thun', 'Köniz', 'Fribourg', 'Freiburg', 'Schaffhausen', 'Chur', 'Uster', 'Sion', 'Emmen', 'Zug', 'Kriens', 'Rapperswil', 'Dübendorf', 'Dietikon',
  'Frauenfeld', 'Wetzikon', 'Aarau', 'Olten', 'Solothurn', 'Burgdorf', 'Langenthal', 'Wil', 'Kloten', 'Bülach', 'Davos', 'Musterstadt', 'Vaduz'
])

const UNITS = /^(?:Euro|Eur|Stück|Stk|Liter|Watt|Volt|Lumen|Kelvin|Meter|Kilo|Kilogramm|Gramm|Quadratmeter|Kubikmeter|Umdrehungen|Grad|Schrauben|Nägel|Dübel|Fliesen|Steine|Ziegel|Klinker|Platten|Uhr|Punkte|Bonuspunkte|Ah|Mah|Ml|Einwohner|Personen|Mitarbeiter|Kunden|Kilometer|Dollar|Franken|Jahre|Pa|Nm|Lux|Teile)$/i

/** Whether a number and the capitalised word after it count something. */
export function isQuantity (number: string, noun: string): boolean {
  return UNITS.test(noun) || /\d00$/.test(number.replace(/^0+$/, ''))
}

/** Ways, dams and banks that are no addresses. A part of a pattern. */
export const WAYS_OF_THINGS = '(?:Kies|Geh|Garten|Rad|Fahr|Fuß|Feld|Um|Heim|Hin|Rück|Liefer|Feder|Verfahr|Hub|Zufahrts|Zu|Platten|Pflaster|Wirtschafts|Teich|Stau|Erd|Lärm|Transport|Arbeits|Versand|Bestell|Pack)(?:weg|pfad|ufer|damm|wall)'
