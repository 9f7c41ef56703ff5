/** Two people's versions of one schedule, field by field. */
import { DAY_NAMES, fromCron, type Day } from './cron'
import { MODES, ruleBody, type RuleDraft, type ScheduleDraft } from './draft'
import { dayWords } from './skipDates'
import { ACTION_WORDS } from './status'
import type { TimeWindow } from './timetable'

export interface Difference { field: string; mine: string; theirs: string; changedByMe: boolean; changedByThem: boolean }

const daily = (days: readonly Day[]): string => (days.length === 7 ? 'every day' : days.map((day) => DAY_NAMES[day].short).join(', '))

const hours = ({ days, from, to }: TimeWindow): string => `${daily(days)} ${from}–${to}`

/** As it was written: "Mon, Fri 18:30", "Thu, 24 December 2026 07:00", and cron only where it was cron. */
function moments(rule: RuleDraft): string {
  const body = ruleBody(rule)
  if (!body) return '(incomplete)'
  if (body.at) return body.at.replace(/^(.+)T(.+)$/, (_, day: string, time: string) => `${dayWords(day)} ${time}`)
  const weekly = fromCron(body.cron ?? '')
  return weekly ? `${daily(weekly.days)} ${weekly.time}` : `by cron ${body.cron}`
}

const action = (rule: RuleDraft): string => `${ACTION_WORDS[rule.action].ask} ${moments(rule)}`

const lines = (texts: readonly string[], none: string): string => (texts.length > 0 ? texts.join('\n') : none)

/** Each field in words; what has no order of its own is sorted, so that only what differs does. `nameOf`: a server's. */
function facts(draft: ScheduleDraft, nameOf: (server: number) => string): Record<string, string> {
  return {
    'Name': draft.name.trim(),
    'Time zone': draft.timezone,
    'Hours and actions': draft.kind === 'windows' ? lines(draft.windows.map(hours), 'never on') : lines(draft.rules.map(action).sort(), 'none'),
    'Servers': draft.targeting === 'tag_query' ? `all with ${draft.tag_query.trim()}` : lines(draft.servers.map(nameOf).sort(), 'none'),
    'Dates left out': lines(draft.skip_dates.map(({ day, note }) => `${dayWords(day)} ${note}`.trim()), 'none'),
    'First day': draft.valid_from ? dayWords(draft.valid_from) : 'any',
    'Last day': draft.valid_to ? dayWords(draft.valid_to) : 'any',
    'When somebody else changes a server': MODES.find(({ value }) => value === draft.mode)?.text ?? draft.mode,
    'Hibernates': draft.hibernate ? 'yes' : 'no',
  }
}

/** The fields in which mine and theirs differ, and who of the two moved away from what both began with. */
export function differences(
  mine: ScheduleDraft, theirs: ScheduleDraft, began: ScheduleDraft, nameOf: (server: number) => string,
): Difference[] {
  const [one, other, before] = [mine, theirs, began].map((draft) => facts(draft, nameOf)) as [Record<string, string>, Record<string, string>, Record<string, string>]
  return Object.keys(one).filter((field) => one[field] !== other[field]).map((field) => ({
    field, mine: one[field] ?? '', theirs: other[field] ?? '', changedByMe: one[field] !== before[field], changedByThem: other[field] !== before[field],
  }))
}
