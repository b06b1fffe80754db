/** Four desks of a workshop that is not the retailer's, and 320 different inquiries to them. */
export const WORKSHOP_TAXONOMY = { name: 'own', version: '1.0.0', labels: [{ id: 'garden', de: 'Garten' }, { id: 'tools', en: 'Power tools' }, { id: 'paint' }, { id: 'floor' }] }

const PARTS = {
  garden: ['den Rasen vertikutieren', 'die Hecke schneiden', 'Rosen düngen', 'den Teich abdichten', 'Tomaten ausgeizen', 'Kompost ansetzen', 'Unkraut jäten', 'Obstbäume veredeln'],
  tools: ['den Akku laden', 'die Kreissäge einstellen', 'Bohrer schärfen', 'den Kompressor entlüften', 'Schrauben ausdrehen', 'die Fräse reinigen', 'Sägeblätter wechseln', 'Winkel messen'],
  paint: ['Raufaser streichen', 'Lack abbeizen', 'Schimmel entfernen', 'Tapeten ablösen', 'Risse verspachteln', 'Holz lasieren', 'Decken grundieren', 'Farbtöne mischen'],
  floor: ['Laminat verlegen', 'Fugen erneuern', 'Parkett abschleifen', 'Teppich verkleben', 'Estrich ausgleichen', 'Fliesen schneiden', 'Vinyl kürzen', 'Sockelleisten sägen']
}
const WHEN = ['bei Regen', 'im Winter ohne Heizung', 'mit Kindern in der Nähe', 'nachts leise', 'auf einem schrägen Grundstück', 'in der Mietwohnung', 'mit nur einer Hand', 'ganz ohne Strom', 'innerhalb zweier Stunden', 'auf dem Balkon']

export interface WorkshopInquiry { text: string, label: string, [field: string]: string }

export function workshopInquiries (): WorkshopInquiry[] {
  return Object.entries(PARTS).flatMap(([label, parts]) => parts.flatMap((part, index) => WHEN.map((when, row) => ({
    text: row % 2 ? `Kann man ${part} ${when}?` : `${when}, geht ${part} da gut, ${index % 2 ? 'oder eher nicht' : 'was meinen Sie'}?`, label
  }))))
}
