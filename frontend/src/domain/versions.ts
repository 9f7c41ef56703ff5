/** Two people's versions of one schedule, field by field. */
import { DAY_NAMES } from './cron'
import { MODES, ruleBody, type RuleDraft, type ScheduleDraft } from './draft'
import type { TimeWindow } from './timetable'
import { ACTION_WORDS } from './status'

export interface Difference { field: string; mine: string; theirs: string; changedByMe: boolean; changedByThem: boolean }

const hours = ({ days, from, to }: TimeWindow): string => `${days.map((day) => DAY_NAMES[day].short).join(', ')} ${from}–${to}`

function action(rule: RuleDraft): string {
  const body = ruleBody(rule)
  return `${ACTION_WORDS[rule.action].ask} ${body?.cron ?? body?.at?.replace('T', ' ') ?? '(incomplete)'}`
}

const lines = (texts: readonly string[], none: string): string => (texts.length > 0 ? texts.join('\n') : none)

/** Each field in words. `nameOf`: a server's. */
function facts(draft: ScheduleDraft, nameOf: (server: number) => string): Record<string, string> {
  return {
    'Name': draft.name.trim(),
    'Time zone': draft.timezone,
    'Hours and actions': draft.kind === 'windows' ? lines(draft.windows.map(hours), 'never on') : lines(draft.rules.map(action), 'none'),
    'Servers': draft.targeting === 'tag_query' ? `all with ${draft.tag_query.trim()}` : lines(draft.servers.map(nameOf).sort(), 'none'),
    'Dates left out': lines(draft.skip_dates.map(({ day, note }) => `${day} ${note}`.trim()), 'none'),
    'First day': draft.valid_from || 'any',
    'Last day': draft.valid_to || 'any',
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
