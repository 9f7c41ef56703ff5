/** What a server is doing and what comes next, in one or two plain sentences. */
import type { LastOperation, NextAction, Server } from './model'
import { reasonText } from './reasons'
import { ACTION_WORDS, isChanging } from './status'
import { city, wallTime } from './time'

function present({ status, transition, state_reason: reason }: Server): string {
  if (status === 'terminated') return 'Terminated at AWS; it cannot come back.'
  if (status === 'missing') return 'AWS no longer lists this server.'
  if (status === 'unknown') return 'AWS has not said yet what this server is doing.'
  if (isChanging(status)) {
    const asked = transition ? 'as asked' : 'started from outside Cloudevy'
    return `It is ${status}, ${asked}; AWS has not confirmed the end yet.`
  }
  const because = status === 'stopped' && reason ? ` AWS says: ${reason.replace(/\.$/, '')}.` : ''
  return `It is ${status}.${because}`
}

function trouble(last: LastOperation | null): string {
  if (last?.state !== 'failed') return ''
  const reason = reasonText(last.reason, last.detail)
  return ` The last ${ACTION_WORDS[last.action].noun.toLowerCase()} failed${reason ? `: ${reason}` : '.'}`
}

function future(next: NextAction | null, now: Date): string {
  if (!next) return ' Nothing is planned for it.'
  const when = `${wallTime(next.at, next.timezone, now)} ${city(next.timezone)} time`
  return ` ${next.schedule.name} ${ACTION_WORDS[next.action].does.toLowerCase()} it ${/^\d/.test(when) ? `at ${when}` : when}.`
}

export function sentenceAbout(server: Server, now: Date): string {
  const comes = server.status === 'terminated' ? '' : future(server.next_action, now)
  return `${present(server)}${trouble(server.last_operation)}${comes}`
}
