// What sticks out of the page to the right, where the page scrolls sideways.
() => {
  const room = document.documentElement.clientWidth
  const width = document.documentElement.scrollWidth
  if (width <= room) return []
  const inside = (el) => {
    for (let box = el.parentElement; box && box !== document.body; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== 'visible') return true
    }
    return false
  }
  const out = [...document.querySelectorAll('body *')].filter(
    (el) => el.getBoundingClientRect().right > room + 0.5 && !inside(el),
  )
  return [`${width} px in ${room}: ${out.slice(-2).map((el) => el.outerHTML.slice(0, 160))}`]
}
