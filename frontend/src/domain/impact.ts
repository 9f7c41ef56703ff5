/** What saving a schedule would do, in words. */
import type { Impact, Turns, WeekHours } from './timetable'
import { span } from './time'

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
const rounded = (hours: number): string => String(Number(hours.toFixed(1)))

function turns({ added, removed }: Turns, word: string): string[] {
  return [
    ...(added > 0 ? [`${plural(added, word)} added`] : []), ...(removed > 0 ? [`${plural(removed, word)} removed`] : []),
  ]
}

/** "10 starts added, 2 stops removed", or that nothing changes. */
export function impactWords({ starts, stops, reboots }: Impact): string {
  const all = [...turns(starts, 'start'), ...turns(stops, 'stop'), ...turns(reboots, 'reboot')]
  return all.length > 0 ? all.join(', ') : 'No start, stop or reboot is added or removed'
}

/** "336 → 120", of all servers together. */
export const hoursWords = ({ hours }: Impact): string => `${rounded(hours.on_before)} → ${rounded(hours.on_after)}`

/** "api-dev-1 stops in 3 min", "3 servers stop in 3 min"; nothing once those moments have passed. */
export function stopsSoon({ stops_soon: all }: Impact, now: number): string {
  const coming = all.filter(({ at }) => Date.parse(at) > now)
  const [first] = [...coming].sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
  if (!first) return ''
  const who = coming.length === 1 ? `${first.server.name} stops` : `${plural(coming.length, 'server')} stop`
  return `${who} in ${span(Date.parse(first.at) - now)}`
}

/** "60 h on, 108 h off a week: about 64 % fewer running hours." */
export function weekWords({ on, off }: WeekHours): string {
  const share = Math.round((off / (on + off)) * 100)
  return `${rounded(on)} h on, ${rounded(off)} h off a week: about ${share} % fewer running hours.`
}
