/** Finds a time zone by what people call it: its own name, a city or country, "Eastern Time", "CET", "+5:30". Pure. */
import { offsetOf } from './time'
import { formerNames } from './zones'

/** What a zone is also looked for by: big cities that have no zone of their own, countries, AWS regions by the names of AWS's list of them, and abbreviations. */
const CALLED: Readonly<Record<string, string>> = {
  'Africa/Johannesburg': 'Cape Town, South Africa, SAST',
  'America/Chicago': 'Austin, Dallas, Houston, Texas, Minneapolis',
  'America/Denver': 'Salt Lake City, Colorado, Utah',
  'America/Edmonton': 'Calgary, Alberta',
  'America/Los_Angeles': 'San Francisco, Seattle, San Diego, Portland, Las Vegas, California, N. California, Oregon',
  'America/Mexico_City': 'Querétaro, Queretaro, Mexico',
  'America/New_York': 'N. Virginia, Virginia, Ohio, Boston, Washington, Atlanta, Miami, Philadelphia',
  'America/Sao_Paulo': 'São Paulo, Rio de Janeiro, Brazil',
  'America/Toronto': 'Montreal, Ottawa, Canada',
  'Asia/Bangkok': 'Thailand',
  'Asia/Dubai': 'Abu Dhabi, UAE, United Arab Emirates',
  'Asia/Jakarta': 'Indonesia, Bandung',
  'Asia/Jerusalem': 'Tel Aviv, Israel',
  'Asia/Kolkata': 'India, Mumbai, Hyderabad, Bengaluru, Bangalore, Delhi, Chennai, Pune, IST',
  'Asia/Kuala_Lumpur': 'Malaysia',
  'Asia/Manila': 'Philippines',
  'Asia/Seoul': 'South Korea, Busan, KST',
  'Asia/Shanghai': 'Beijing, Shenzhen, Guangzhou, Ningxia, China',
  'Asia/Singapore': 'SGT',
  'Asia/Tokyo': 'Osaka, Kyoto, Japan, JST',
  'Australia/Sydney': 'Canberra, AEST, AEDT',
  'Europe/Amsterdam': 'Netherlands, Rotterdam',
  'Europe/Berlin': 'Germany, Frankfurt, Munich, Hamburg, Cologne, Stuttgart',
  'Europe/Brussels': 'Belgium',
  'Europe/Dublin': 'Ireland',
  'Europe/Istanbul': 'Ankara, Turkey, Türkiye',
  'Europe/Kyiv': 'Ukraine, Lviv',
  'Europe/Lisbon': 'Portugal, Porto',
  'Europe/London': 'United Kingdom, UK, England, Scotland, Manchester, Edinburgh, BST',
  'Europe/Madrid': 'Spain, Barcelona, Zaragoza',
  'Europe/Paris': 'France, Lyon',
  'Europe/Prague': 'Czechia, Brno',
  'Europe/Rome': 'Italy, Milan',
  'Europe/Stockholm': 'Sweden',
  'Europe/Warsaw': 'Poland, Krakow',
  'Europe/Zurich': 'Switzerland, Geneva, Basel',
  'Pacific/Auckland': 'New Zealand, Wellington',
}

/** `called`: the word that was meant, where it is not part of the name. */
export interface FoundZone { name: string; called?: string }

/** Letters as they are typed on any keyboard, words parted by one space. */
const plain = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('_', ' ').trim()

const nameIn = (locale: string, style: 'longGeneric' | 'short', timeZone: string, now: Date): string =>
  new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: style }).formatToParts(now).find(({ type }) => type === 'timeZoneName')?.value ?? ''

/** "Central European Time", and "CET" or "CEST" as it is now; Britain and America abbreviate different zones. */
const spoken = (timeZone: string, now: Date): string[] =>
  [nameIn('en', 'longGeneric', timeZone, now), nameIn('en-GB', 'short', timeZone, now), nameIn('en-US', 'short', timeZone, now)]

const DISTANCE = /^(?:utc|gmt)?\s*([+-])(\d{1,2})(?::?(\d{2}))?$/

/** "UTC+05:30" for "+5:30" or "GMT+05:30", and its beginning, "UTC+05:", for "+5"; nothing for other words. */
function distance(text: string): string {
  const [, sign, hours = '', minutes = ''] = DISTANCE.exec(text) ?? []
  return sign ? `UTC${sign}${hours.padStart(2, '0')}:${minutes}` : ''
}

/** Whether a word of it, or all of it from a word on, begins so. */
const begins = (said: string, text: string): boolean => said.startsWith(text) || said.includes(` ${text}`)

/** A search among these zones: names before other words, and big places before small ones. What is slow is looked up with the first search that needs it. */
export function zoneSearch(names: readonly string[], now: Date): (wanted: string) => FoundZone[] {
  const known = new Map<string, string[]>()
  const words = (name: string): string[] => {
    const found = known.get(name) ?? [...(CALLED[name]?.split(', ') ?? []), ...formerNames(name), ...spoken(name, now)]
    known.set(name, found)
    return found
  }
  return (wanted) => {
    const text = plain(wanted)
    const far = distance(text)
    if (far) return names.filter((name) => offsetOf(name, now).startsWith(far)).map((name) => ({ name }))
    const isNamed = (name: string): boolean => plain(name).includes(text)
    const called = names.filter((name) => !isNamed(name)).flatMap((name) => {
      const word = words(name).find((each) => begins(plain(each), text))
      return word ? [{ name, called: word }] : []
    })
    const big = called.filter(({ name }) => name in CALLED)
    return [...names.filter(isNamed).map((name) => ({ name })), ...big, ...called.filter(({ name }) => !(name in CALLED))]
  }
}
