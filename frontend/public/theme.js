/* Runs before the first paint, as a file because the content policy forbids inline scripts. */
(function () {
  var kept = null
  try { kept = localStorage.getItem('cloudevy.theme') } catch (refused) { kept = null }
  var dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
