/** What a server is doing and what comes next, in one or two plain sentences. */
import type { Attention, Hold, LastOperation, NextAction, Server } from './model'
import { reasonText } from './reasons'
import { ACTION_WORDS, isChanging } from './status'
import { city, viewerZone, wallTime } from './time'

function present({ status, transition, left_at: left, state_since: since }: Server, now: Date): string {
  if (left) return 'It is no longer in EC2; only its history is kept.'
  if (status === 'terminated') return 'Terminated at AWS; it cannot come back.'
  if (status === 'missing') return 'AWS no longer lists this server.'
  if (status === 'unknown') return 'AWS has not said yet what this server is doing.'
  if (isChanging(status)) {
    const asked = transition ? 'as asked' : 'started from outside Cloudevy'
    return `It is ${status}, ${asked}; AWS has not confirmed the end yet.`
  }
  return since ? `It has been ${status} since ${wallTime(since, viewerZone(), now)}.` : `It is ${status}.`
}

/** AWS's words, unless what is told beside them says them already. */
function because({ status, state_reason: reason }: Server, told: string): string {
  const said = reason?.replace(/\.$/, '')
  return status === 'stopped' && said && !told.includes(said) ? ` AWS says: ${said}.` : ''
}

const toldOf = ({ attention }: Server): string => attention.map(({ detail }) => detail).join(' ')

/** What asks for attention is told in a place of its own, with what to do about it. */
function trouble(last: LastOperation | null, attention: readonly Attention[]): string {
  if (last?.state !== 'failed' || attention.some(({ operation }) => operation === last.id)) return ''
  const reason = reasonText(last.reason, last.detail)
  return ` The last ${ACTION_WORDS[last.action].noun.toLowerCase()} failed${reason ? `: ${reason}` : '.'}`
}

function future({ next_action: next, hold }: Server, now: Date): string {
  if (hold) return kept(hold, now)
  return next ? planned(next, now) : ' Nothing is planned for it.'
}

/** What its schedules plan may not be what happens next. */
const kept = ({ want, until }: Hold, now: Date): string => ` It is kept ${want} until ${wallTime(until, viewerZone(), now)}.`

function planned(next: NextAction, now: Date): string {
  const when = `${wallTime(next.at, next.timezone, now)} ${city(next.timezone)} time`
  return ` ${next.schedule.name} ${ACTION_WORDS[next.action].does.toLowerCase()} it ${/^\d/.test(when) ? `at ${when}` : when}.`
}

export function sentenceAbout(server: Server, now: Date): string {
  const comes = server.status === 'terminated' || server.left_at ? '' : future(server, now)
  const failed = trouble(server.last_operation, server.attention)
  return `${present(server, now)}${because(server, `${failed} ${toldOf(server)}`)}${failed}${comes}`
}
