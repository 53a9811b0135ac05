export { install } from './index.js';
