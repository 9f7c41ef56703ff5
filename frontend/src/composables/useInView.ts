/** Whether an element is near the visible part of the page. True where the browser cannot say. */
import { onScopeDispose, readonly, ref, watch, type Ref } from 'vue'

export function useInView(element: Readonly<Ref<Element | null>>) {
  const inView = ref(typeof IntersectionObserver === 'undefined')
  if (inView.value) return readonly(inView)
  const observer = new IntersectionObserver((entries) => {
    inView.value = entries.at(-1)?.isIntersecting ?? false
  }, { rootMargin: '100px' })
  watch(element, (next, before) => {
    if (before) observer.unobserve(before)
    if (next) observer.observe(next)
  }, { immediate: true })
  onScopeDispose(() => observer.disconnect())
  return readonly(inView)
}
