// What sticks out of the page to the right, where the page scrolls sideways, and what is cut off
// by its box without the dots that would say so.
() => {
  const room = document.documentElement.clientWidth
  const width = document.documentElement.scrollWidth
  const cut = [...document.querySelectorAll('main :not(svg):not(.vh)')]
    .filter((el) => getComputedStyle(el).overflowX === 'hidden' && !el.matches('.one'))
    .filter((el) => el.clientWidth > 1 && el.scrollWidth > el.clientWidth + 1)
    .map((el) => `cut off, ${el.scrollWidth} in ${el.clientWidth}: ${el.outerHTML.slice(0, 160)}`)
  if (width <= room) return cut
  const inside = (el) => {
    for (let box = el.parentElement; box && box !== document.body; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== 'visible') return true
    }
    return false
  }
  const out = [...document.querySelectorAll('body *')].filter(
    (el) => el.getBoundingClientRect().right > room + 0.5 && !inside(el),
  )
  const told = out.slice(-2).map((el) => el.outerHTML.slice(0, 160))
  return [...cut, `${width} px in ${room}: ${told}`]
}
