// What script adds; every page works without it.
const $ = (q, el = document) => [...el.querySelectorAll(q)]
const words = document.body.dataset

// One polite line for what has just happened.
function tell(text) {
  const live = document.getElementById('said') || document.body.appendChild(
    Object.assign(document.createElement('p'), { id: 'said', className: 'vh', role: 'status' }))
  live.textContent = text
}

// Copy, with the visible button as the receipt.
async function copy(text, el) {
  try { await navigator.clipboard.writeText(text) } catch {
    const t = Object.assign(document.createElement('textarea'), { value: text, readOnly: true })
    document.body.append(t); t.select(); document.execCommand('copy'); t.remove()
  }
  tell(words.copied)
  const label = [...el.childNodes].find(n => n.nodeType === 3 && n.data.trim())
  const was = label && label.data
  if (label) label.data = words.copied
  el.classList.add('did')
  setTimeout(() => { if (label) label.data = was; el.classList.remove('did'); tell('') }, 1600)
}
addEventListener('click', e => {
  const el = e.target.closest('[data-copy],[data-copy-from],[data-share],[data-print]')
  if (!el) return
  e.preventDefault()
  if ('print' in el.dataset) return print()
  if ('share' in el.dataset) return navigator.share({ title: document.title, text: document.getElementById('caption')?.textContent || '', url: el.dataset.share || location.href }).catch(() => {})
  copy(el.dataset.copy || document.getElementById(el.dataset.copyFrom).textContent, el)
})
if (navigator.share) $('[data-share]').forEach(b => { b.hidden = false })
$('[data-print]').forEach(b => { b.hidden = false })

// Filter the rows of the table on screen; the server's search covers the rest.
$('[data-filter]').forEach(box => box.addEventListener('input', () => {
  const want = box.value.trim().toLowerCase()
  $('tbody tr', document.getElementById(box.dataset.filter)).forEach(tr => { tr.hidden = !tr.textContent.toLowerCase().includes(want) })
}))

// Live example of terms: whole rupiah, half up, rates in basis points, as on the server.
const mark = document.documentElement.lang === 'en' ? ',' : '.'
const rp = n => 'Rp' + String(n).replace(/\B(?=(\d{3})+$)/g, mark)
const bp = s => Math.round(parseFloat(String(s).replace(',', '.')) * 100) || 0
const part = (n, r) => Math.floor((n * r + 5000) / 10000)
const whole = f => f ? parseInt(f.value.replace(/\D/g, ''), 10) || 0 : 0
$('form[data-live]').forEach(form => form.addEventListener('input', () => {
  const f = {}, price = +form.dataset.live
  $('[data-f]', form).forEach(one => { f[one.dataset.f] = one })
  const rate = f.rate ? f.rate.value : '0', disc = f.disc ? f.disc.value || '0' : '0'
  const pay = price - part(price, bp(disc)), due = f.amount ? whole(f.amount) : part(pay, bp(rate)), max = whole(f.max)
  const com = max ? Math.min(due, max) : due
  const out = { rate: rate + '%', disc: disc + '%', hold: f.hold ? f.hold.value : '', max: max ? rp(max) : '–', pay: rp(pay), com: rp(com), net: rp(pay - com) }
  $('[data-o]').forEach(o => { o.textContent = out[o.dataset.o] })
}))

// A form is sent once, and not into the void.
addEventListener('submit', e => {
  if (navigator.onLine === false) { e.preventDefault(); tell(words.offline); alert(words.offline); return }
  const b = e.submitter
  if (b) b.setAttribute('aria-busy', 'true')
})
addEventListener('pageshow', () => $('[aria-busy]').forEach(b => b.removeAttribute('aria-busy')))
