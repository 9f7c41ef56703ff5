/** Time zones by the names that people use today. Browsers list some under names that were given up long ago. */

/** What Chromium lists, and what the IANA database has called it since. */
const RENAMED: Readonly<Record<string, string>> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca',
  'America/Coral_Harbour': 'America/Atikokan',
  'America/Cordoba': 'America/Argentina/Cordoba',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville',
  'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
}

export const todaysName = (timeZone: string): string => RENAMED[timeZone] ?? timeZone

/** What a zone was called before, in the same spelling. */
export const formerNames = (timeZone: string): string[] =>
  Object.entries(RENAMED).flatMap(([former, today]) => (today === timeZone ? [former.split('/').at(-1)?.replaceAll('_', ' ') ?? former] : []))

/** All zones the browser can reckon with, in alphabetical order. */
export const allZones = (): string[] => [...new Set(Intl.supportedValuesOf('timeZone').map(todaysName))].sort()
