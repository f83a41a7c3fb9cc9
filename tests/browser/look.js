// What is wrong with this page, as a list; each complaint names what it is about.
() => {
  const bad = []
  const all = (query) => [...document.querySelectorAll(query)]
  const named = (el) => el.outerHTML.slice(0, 120)
  const complain = (what, query) => all(query).forEach((el) => bad.push(`${what}: ${named(el)}`))
  const fields = 'input:not([type=hidden]),select,textarea'

  if (!['id', 'en'].includes(document.documentElement.lang)) bad.push('no lang')
  if (all('h1').length !== 1) bad.push(`${all('h1').length} h1`)
  if (!document.title.replace('· Jejaring', '').trim()) bad.push('no title')
  if (all('main').length !== 1) bad.push('not one main')
  complain('no alt', 'img:not([alt])')
  complain('svg neither hidden nor an image', 'svg:not([aria-hidden]):not([role=img])')
  complain('inline script or style', 'style,script:not([src]),[onclick],[style]:not([style=""])')

  const ids = all('[id]').map((el) => el.id)
  ids.filter((id, n) => ids.indexOf(id) !== n).forEach((id) => bad.push(`id twice: ${id}`))

  let level = 1
  for (const heading of all('h1,h2,h3,h4')) {
    const own = Number(heading.tagName[1])
    if (own > level + 1) bad.push(`a heading skips a level: ${named(heading)}`)
    level = own
  }
  for (const el of all(fields)) {
    if (!el.labels.length && !el.getAttribute('aria-label')) bad.push(`no label: ${named(el)}`)
  }
  for (const el of all('a[href],button,summary')) {
    const name = el.getAttribute('aria-label') || el.textContent || ''
    if (!name.trim()) bad.push(`no name: ${named(el)}`)
  }

  // What is pressed is at least 44 px each way; a box or a knob counts with its label, a field
  // with the frame that holds its unit.
  const pressed = `button,.btn,summary,.nav a,.tabs a,.list a.go,.ib,.crumb,${fields}`
  for (const el of all(pressed)) {
    const whole = (/^(checkbox|radio)$/.test(el.type) && el.labels[0]) || el.closest('.aff') || el
    const { width, height } = whole.getBoundingClientRect()
    const shown = width > 1 && height > 1 && getComputedStyle(el).visibility === 'visible'
    if (shown && !el.matches('.vh,.skip') && Math.min(width, height) < 43.5) {
      bad.push(`small, ${Math.round(width)} × ${Math.round(height)}: ${named(el)}`)
    }
  }
  return bad
}
